"""The hub's ports to storage and their variants, each record under a lock of its own."""
