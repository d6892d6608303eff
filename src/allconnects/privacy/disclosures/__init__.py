"""Data given to authorities: on a ground of a closed list, with an instrument, by two people, as little as can be."""
