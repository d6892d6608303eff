"""The lines of a day of several devices together: simple enough for a screen, bounded however many fixes there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from allconnects.accounts.models import Organisation
from allconnects.fleet.models import Person
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.vault.errors import KeyRefused
from allconnects.products.live_connects.history_spans import SILENCE_MS
from allconnects.products.live_connects.subjects import subjects
from allconnects.telemetry import services as telemetry
from allconnects.telemetry.models import Device
from allconnects.telemetry.store.reader import Track
from allconnects.telemetry.store.segments import bounds
from allconnects.trips import services as trips
from allconnects.trips.stored import StoredTrip

MOST_DEVICES: Final = 40
"""Fewer than the people whose reading within an hour is told as a bulk reading (``privacy.access``)."""
MOST_POINTS: Final = 12_000
TOLERANCES_M: Final = (8.0, 20.0, 50.0, 120.0, 300.0, 800.0)
"""How far a simplified line may lie beside the fixes; the first that fits is taken."""
JUMP_M: Final = 3_000.0
"""Fixes further apart are no line: something was not recorded there."""
METRES: Final = 111_195.0
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """A device's day. ``parts``: (n, 2) longitudes and latitudes without what was not recorded between them.

    ``drivers``: names, where the reader may know them. ``withheld``: its track is not open to this purpose now.
    """

    device: int
    name: str
    plate: str
    parts: Sequence[Points] = ()
    distance_m: float = 0.0
    first: datetime | None = None
    last: datetime | None = None
    drivers: Sequence[str] = field(default_factory=list)
    withheld: bool = False


def chosen(given: Sequence[str], most: int) -> list[int]:
    """Ids of devices out of an address, each once. Raises InvalidInput, NotFound (also for another tenant's)."""
    texts = [part for text in given for part in text.split(",") if part]
    if len(texts) > 10 * most or not all(part.isdecimal() and len(part) < 10 for part in texts):
        raise InvalidInput(_("This is no list of devices."))
    ids = list(dict.fromkeys(map(int, texts)))
    if len(ids) > most:
        raise InvalidInput(_("At most %(most)s at once.") % {"most": most})
    if Device.objects.filter(pk__in=ids).count() != len(ids):
        raise NotFound(_("There is no such device."))
    return ids


def lines(organisation: Organisation, devices: Sequence[int], day: date, with_drivers: bool) -> list[Line]:
    """The lines of a Brussels day, in the order of ``devices``; each reading stands in the access log."""
    start, end = bounds(day)
    found: dict[int, list[StoredTrip]] = {device: [] for device in devices}
    for trip in trips.trips_between(organisation.pk, start, end, devices=devices):
        found[trip.device].append(trip)
    names = _names({one.person for rows in found.values() for one in rows if one.person}) if with_drivers else {}
    known = {one.device: (one.name, one.plate) for one in subjects()}
    own = dict(Device.objects.filter(pk__in=devices).values_list("id", "name"))
    tracks = {device: _track(organisation, device, day) for device in devices}
    parts = simplified({device: list(pieces(track)) for device, track in tracks.items() if track is not None})
    made = []
    for device in devices:
        name, plate = known.get(device, (own[device], ""))
        drove = found[device]
        drivers = list(dict.fromkeys(names[one.person] for one in drove if one.person in names))
        made.append(
            Line(
                device, name, plate, parts.get(device, ()), sum(one.distance_m for one in drove),
                min((one.start for one in drove), default=None), max((one.end for one in drove), default=None),
                drivers, tracks[device] is None,
            )
        )  # fmt: skip
    return made


def _names(people: set[UUID]) -> dict[UUID | None, str]:
    return {one.pk: one.name for one in Person.objects.filter(pk__in=people)}


def _track(organisation: Organisation, device: int, day: date) -> Track | None:
    """None where the key of somebody is restricted, held or lost: one of many must not hide the others."""
    try:
        return telemetry.day_track(organisation, device, day)
    except KeyRefused:
        return None


def pieces(track: Track) -> Iterator[Points]:
    """Stretches of fixes that belong together: (n, 2) degrees, n > 1."""
    if len(track) < 2:
        return
    lon, lat = track.lon_e7 / 1e7, track.lat_e7 / 1e7
    apart = np.hypot(np.diff(lon) * np.cos(np.radians(lat[1:])), np.diff(lat)) * METRES
    cuts = np.flatnonzero((np.diff(track.time_ms) > SILENCE_MS) | (apart > JUMP_M)) + 1
    for part in np.split(np.stack((lon, lat), axis=1), cuts):
        if len(part) > 1 and (part != part[0]).any():
            yield part


def simplified(parts: dict[int, list[Points]], most: int = MOST_POINTS) -> dict[int, list[Points]]:
    """The same by the Douglas-Peucker rule with at most so many points; thinned where even straight lines are more."""
    plain = {key: [_to_plane(one) for one in pieces] for key, pieces in parts.items()}
    for tolerance in TOLERANCES_M:
        found = {key: [(_flat(xy, tolerance), scale) for xy, scale in rows] for key, rows in plain.items()}
        if sum(len(xy) for rows in found.values() for xy, _scale in rows) <= most:
            break
    else:
        share = most // max(1, len(found))
        found = {key: _thinned(rows, share) for key, rows in found.items()}
    return {key: [_to_degrees(xy, scale) for xy, scale in rows] for key, rows in found.items()}


def _flat(metres: Points, tolerance: float) -> Points:
    # Keeping the topology would keep nearly every fix of who drives up and down the same road.
    line = shapely.simplify(shapely.linestrings(metres), tolerance, preserve_topology=False)
    found: Points = shapely.get_coordinates(line)
    return found


def _thinned(rows: list[tuple[Points, float]], most: int) -> list[tuple[Points, float]]:
    """The longest pieces with every so-manieth point and their ends: at most ``most`` points together."""
    kept = sorted(range(len(rows)), key=lambda at: -len(rows[at][0]))[: most // 4]
    total = sum(len(rows[at][0]) for at in kept)
    step = max(1, -(-2 * total // max(1, most)))
    return [(np.concatenate((rows[at][0][:-1:step], rows[at][0][-1:])), rows[at][1]) for at in sorted(kept)]


def _to_plane(degrees: Points) -> tuple[Points, float]:
    scale = float(np.cos(np.radians(degrees[0, 1])))
    return degrees * np.array([METRES * scale, METRES]), scale


def _to_degrees(metres: Points, scale: float) -> Points:
    found: Points = np.round(metres / np.array([METRES * scale, METRES]), 5)
    return found


def shown(line: Line) -> dict[str, Any]:
    """As the map reads it."""
    return {
        "device": line.device, "name": line.name, "plate": line.plate, "km": round(line.distance_m / 1000, 1),
        "first": line.first, "last": line.last, "drivers": list(line.drivers), "withheld": line.withheld,
        "parts": [one.tolist() for one in line.parts],
    }  # fmt: skip
