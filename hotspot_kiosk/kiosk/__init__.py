"""What runs on the kiosk. May not import the hub or the simulator."""
