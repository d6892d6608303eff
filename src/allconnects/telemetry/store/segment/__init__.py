"""Segments: the positions of a device, day and subject in little space. Pure functions; docs/segments.md."""
