"""Brings history in from elsewhere: GPX and CSV files, and databases of Traccar."""
