"""GeoJSON (RFC 7946): points with a time each, or lines with the times of their points beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from allconnects.trips.files import FileError, ignition, latitude_e7, longitude_e7, measure, moment
from allconnects.trips.result import Track

_TIMES: Final = ("coordTimes", "coordinateTimes", "times")
_TIME: Final = ("time", "timestamp")
Row = tuple[float, float, float, float, float, float]


def parse(text: str) -> Track:
    """The points in the order of the file. Raises FileError with the number of the feature.

    A Point has ``properties.time`` and maybe ``speed_kmh``, ``ignition``, ``odometer_m``; a LineString or
    MultiLineString has ``properties.coordTimes`` (or ``coordinateProperties.times``) in the shape of its points.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise FileError(f"line {error.lineno}: not well-formed JSON") from None
    except (RecursionError, ValueError):
        raise FileError("line 1: not JSON that can be read") from None
    rows = [row for number, feature in enumerate(_features(found), 1) for row in _rows(feature, number)]
    table = np.array(rows, np.float64).reshape(-1, 6)
    return Track(
        time_ms=table[:, 0].astype(np.int64), lat_e7=table[:, 1].astype(np.int64), lon_e7=table[:, 2].astype(np.int64),
        speed_kmh=table[:, 3], ignition=table[:, 4].astype(np.int8), odometer_m=table[:, 5],
    )  # fmt: skip


def _features(found: Any) -> list[Any]:
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == "FeatureCollection" and isinstance(found.get("features"), list):
        features: list[Any] = found["features"]
        return features
    if kind == "Feature":
        return [found]
    raise FileError("line 1: the JSON is neither a GeoJSON feature nor a collection of features")


def _rows(feature: Any, number: int) -> Iterator[Row]:
    try:
        geometry, properties = feature["geometry"], feature.get("properties") or {}
        kind, places = geometry["type"], geometry["coordinates"]
        if kind == "Point":
            yield _row(places, _first(properties, _TIME), properties)
        elif kind in ("LineString", "MultiLineString"):
            yield from _line(kind, places, _times(properties))
        else:
            raise ValueError("is neither a point nor a line")
    except (KeyError, TypeError, AttributeError, IndexError):
        raise FileError(f"feature {number}: not a GeoJSON feature with places and times") from None
    except ValueError as error:
        raise FileError(f"feature {number}: {error}") from None


def _first(properties: dict[str, Any], names: tuple[str, ...]) -> Any:
    found = next((properties[name] for name in names if properties.get(name) is not None), None)
    if found is None:
        raise ValueError("there is no time")
    return found


def _times(properties: dict[str, Any]) -> Any:
    beside = properties.get("coordinateProperties")
    return _first({**(beside if isinstance(beside, dict) else {}), **properties}, _TIMES)


def _line(kind: str, places: Any, times: Any) -> Iterator[Row]:
    if kind == "LineString":
        places, times = [places], [times]
    if len(places) != len(times):
        raise ValueError("there are not as many times as places")
    for part, moments in zip(places, times, strict=True):
        if len(part) != len(moments):
            raise ValueError("there are not as many times as places")
        for place, at in zip(part, moments, strict=True):
            yield _row(place, at, {})


def _row(place: Any, at: Any, properties: dict[str, Any]) -> Row:
    lon, lat = place[0], place[1]
    if isinstance(lon, bool | str) or isinstance(lat, bool | str):
        raise TypeError
    return (
        _told("time", moment, at), _told("lat", latitude_e7, lat), _told("lon", longitude_e7, lon),
        _told("speed_kmh", measure, properties.get("speed_kmh")),
        _told("ignition", ignition, properties.get("ignition")),
        _told("odometer_m", measure, properties.get("odometer_m")),
    )  # fmt: skip


def _told(name: str, convert: Any, value: Any) -> float:
    try:
        found: float = convert("" if value is None else str(value))
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
    return found
