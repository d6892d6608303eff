"""Forwarding: an organisation's positions go on to its own broker or server, at least once, in order of receipt."""
