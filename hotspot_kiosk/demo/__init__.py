"""The demonstration: every part of the house as a process of its own, and a story played on them."""
