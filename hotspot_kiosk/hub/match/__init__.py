"""A probe against the hub's gallery."""
