"""Where the models come from: pinned archives in, checked files out. Never imported by the kiosk or the hub."""
