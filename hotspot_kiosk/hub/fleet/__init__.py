"""The hub's kiosks as a fleet: how they are, and their updates in waves."""
