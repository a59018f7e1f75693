"""The far end of each wire: people, a sensor on a pty, a link that can be cut."""
