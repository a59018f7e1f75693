"""The kiosk's pages: a process of its own, without privileges, that talks to the daemon's desk."""
