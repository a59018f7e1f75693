"""Benchmarks: figures measured side by side with a peer or a physical limit, never a timed test."""
