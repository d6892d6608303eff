"""The plane in which distances to shapes are measured: the Mercator projection of the WGS 84 ellipsoid.

It keeps angles exactly, so that around any point one scale holds in all directions: a distance in the plane divided by
``metre`` is a distance in metres, to 0.1 % over 5 km at Belgian latitudes. Formulas: EPSG guidance note 7-2, 1.3.3
(Mercator, variant A).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

A_M = 6_378_137.0
E2 = 0.006_694_379_990_141_316_5
E = float(np.sqrt(E2))
_MOST_SIN = float(np.sin(np.radians(89.5)))


def to_plane(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """East and north in the plane, and how long a metre is there. Degrees; any one shape."""
    sin = np.clip(np.sin(np.radians(np.asarray(lat, np.float64))), -_MOST_SIN, _MOST_SIN)
    x = np.radians(np.asarray(lon, np.float64)) * A_M
    y = (np.arctanh(sin) - E * np.arctanh(E * sin)) * A_M
    return x, y, np.sqrt((1 - E2 * sin * sin) / (1 - sin * sin))


def to_degrees(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Longitude and latitude, the way back; converges to 1e-11 degrees."""
    q = np.asarray(y, np.float64) / A_M
    sin: NDArray[Any] = np.tanh(q)
    for _ in range(6):
        sin = np.tanh(q + E * np.arctanh(E * sin))
    return np.degrees(np.asarray(x, np.float64) / A_M), np.degrees(np.arcsin(sin))
