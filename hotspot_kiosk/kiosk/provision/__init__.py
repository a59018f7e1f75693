"""How a new machine becomes a kiosk of a bureau: its keys, its request, what the hub granted put in place."""
