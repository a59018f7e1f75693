"""What runs at the national bureau. May not import the kiosk or the simulator."""
