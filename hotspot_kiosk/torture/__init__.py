"""The fault suite: power cuts, kills and bad links against the real parts; counts what was lost."""
