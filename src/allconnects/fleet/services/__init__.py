"""Use cases of this room, by what they are about. Each call runs in a transaction that speaks for one organisation."""
