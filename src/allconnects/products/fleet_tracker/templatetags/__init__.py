"""Template tags about devices."""
