"""LIVE.connects: where everything is now, on a map."""
