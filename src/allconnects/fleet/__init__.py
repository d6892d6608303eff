"""Vehicles, materials, people and teams; which device sits in what, who is in which vehicle, and when."""
