"""Between the hub and its kiosks: records in, orders and certificates out, by a transport or a stick."""
