"""Between the outbox and the hub: what goes up, what comes down, by a transport or a stick."""
