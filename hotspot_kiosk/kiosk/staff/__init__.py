"""Officers and maintainers at a kiosk: who is signed in, what they may do, what they see and find."""
