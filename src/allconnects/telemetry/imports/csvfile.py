"""Tables of positions: time, lat, lon and whatever else a file tells of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final, TextIO

from django.utils.translation import gettext as _

from allconnects.kit.errors import InvalidInput
from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.imports.fields import ATTRIBUTES, Fix, Problem, Wrong, degrees, measure, moment_ms

_NAMES: Final = {
    "time": ("time", "timestamp", "fixtime", "fix_time", "datetime"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "lng", "longitude"),
    "altitude_m": ("altitude_m", "altitude", "ele"),
    "speed_kmh": ("speed_kmh",),
    "course_deg": ("course_deg", "course"),
    "device": ("device", "identifier", "imei", "uniqueid"),
    **{name: (name,) for name in ATTRIBUTES},
}


def read(lines: TextIO) -> Iterator[Fix | Problem]:
    """Positions and problems in the order of the file. Raises InvalidInput when its header has no time or place.

    Separated by comma, semicolon or tab; columns of other names are passed over.
    """
    first = lines.readline()
    separator = max(",;\t", key=first.count)
    header = [name.strip().lower() for name in next(csv.reader([first], delimiter=separator), [])]
    at = {name: next((header.index(one) for one in names if one in header), -1) for name, names in _NAMES.items()}
    if min(at["time"], at["lat"], at["lon"]) < 0:
        raise InvalidInput(_("The first line of the file must name the columns time, lat and lon."))
    rows = csv.reader(lines, delimiter=separator)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield Problem(rows.line_num + 1, "row")
            continue
        if row:
            yield _read(rows.line_num + 1, row, at, len(header))


def _read(line: int, row: list[str], at: dict[str, int], width: int) -> Fix | Problem:
    if len(row) != width:
        return Problem(line, "columns")
    told = {name: row[index] for name, index in at.items() if index >= 0}
    try:
        return Fix(line, told.get("device", "").strip(), _position(told))
    except Wrong as error:
        return Problem(line, str(error))


def _position(told: dict[str, str]) -> Position:
    values = {name: read(told[column]) for column, (name, read) in ATTRIBUTES.items() if column in told}
    return Position(
        moment_ms(told["time"]), True, degrees(told["lat"], 90), degrees(told["lon"], 180),
        measure(told.get("altitude_m")), measure(told.get("speed_kmh")), measure(told.get("course_deg")),
        {name: value for name, value in values.items() if value is not None},
    )  # fmt: skip
