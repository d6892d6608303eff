"""FLEET.driver: the driver's own page on the phone, his location settings, and what is kept and read about him."""
