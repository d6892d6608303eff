"""Trips and stops: found in positions, explained by rules that are dated data."""
