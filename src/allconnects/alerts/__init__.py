"""Alerts: rules watch vehicles and materials, and tell somebody when one holds. See docs/alerts.md."""
