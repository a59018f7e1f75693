"""The kiosk's devices; one file per device, named in the config."""
