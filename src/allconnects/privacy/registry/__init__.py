"""The registry: why data are processed, on what ground, for whom, where. The inventory's words point into it."""
