"""FLEET.manager: the fleet on a manager's phone, as a page that installs as an app."""
