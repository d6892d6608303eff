"""Ways between fixes in metres, for whole columns."""

from __future__ import annotations

import numpy as np

from allconnects.trips.result import Column, Floats

_ROUND = 3_600_000_000
"""A full circle in 1e-7 degrees."""


def steps(lat_e7: Column, lon_e7: Column) -> tuple[Floats, Floats]:
    """Metres east and north from each place to the next, n places to n-1 steps.

    Lengths of a degree by the series for the WGS 84 ellipsoid, at the middle latitude of the step:
    exact to some 0.01 % for the steps of a track, also across the antimeridian.
    """
    cos = np.cos((lat_e7[:-1] + lat_e7[1:]) * (np.pi / 360e7))
    return _between(np.diff(lat_e7), unwrapped(np.diff(lon_e7)), cos)


def _between(lat_e7: Column, lon_e7: Column, cos: Column) -> tuple[Floats, Floats]:
    """Metres east and north for differences of latitude and longitude at a latitude given by its cosine."""
    square = cos * cos
    # cos 2a, cos 3a and cos 4a by their polynomials in cos a: one cosine instead of four.
    north = lat_e7 * ((111_132.954 + 559.822 + 1.175 + square * (9.4 * square - 9.4 - 1_119.644)) * 1e-7)
    east = lon_e7 * (cos * (111_412.84 + 280.5 - 374.0 * square) * 1e-7)
    return east, north


def unwrapped(lon_e7: Column) -> Column:
    """Differences of longitude, the short way round."""
    if len(lon_e7) and (lon_e7.max() > _ROUND // 2 or lon_e7.min() < -(_ROUND // 2)):
        return (lon_e7 + _ROUND // 2) % _ROUND - _ROUND // 2
    return lon_e7


def length_between(lat_e7: Column, lon_e7: Column, first: Column | int, second: Column | int) -> Floats:
    """Metres between the places at two lists of indices, or between two places for two indices."""
    a, b = np.atleast_1d(first), np.atleast_1d(second)
    cos = np.cos((lat_e7[a] + lat_e7[b]) * (np.pi / 360e7))
    east, north = _between(lat_e7[b] - lat_e7[a], unwrapped(lon_e7[b] - lon_e7[a]), cos)
    found: Floats = np.sqrt(east * east + north * north)
    return found
