"""Updates at one kiosk: the decision, the agent that carries it out, the self-test of a new system."""
