"""FLEET.tracker: the devices themselves, from adding one to taking it away."""
