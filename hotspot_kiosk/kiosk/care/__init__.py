"""How a kiosk is: examined, told to who maintains it, with nothing of a person in it."""
