"""New kiosks at the hub: who asks, whom a person accepted under which number, who was shut out."""
