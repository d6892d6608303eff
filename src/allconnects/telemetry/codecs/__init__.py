"""Device protocols: bytes in, Positions and replies out. ``registry`` knows them by name."""
