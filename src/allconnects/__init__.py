"""allconnects: maps the use of vehicles, teams and materials."""

__version__ = "0.1.0"
