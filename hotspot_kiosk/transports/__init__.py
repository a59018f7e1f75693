"""Ways for messages to travel between kiosk and hub; one file per way."""
