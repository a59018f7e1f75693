"""Partners of the hub: what is asked of them, what they answer. One variant a file."""
