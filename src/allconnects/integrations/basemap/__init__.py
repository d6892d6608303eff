"""The map under the symbols: offline by default, vector tiles through our own proxy by setting."""
