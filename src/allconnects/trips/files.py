"""Tracks from files: CSV, GPX and GeoJSON. What a line or point lacks or gets wrong is told by its number."""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from allconnects.kit.errors import InvalidInput
from allconnects.trips.result import UNKNOWN, Floats, Track

_TIME: Final = ("time", "timestamp", "fixtime", "datetime")
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "time": _TIME,
    "lat": ("lat", "latitude"),
    "lon": ("lon", "lng", "longitude"),
    "speed_kmh": ("speed_kmh",),
    "ignition": ("ignition",),
    "odometer_m": ("odometer_m",),
    "satellites": ("satellites",),
}
_IGNITION: Final = {"": UNKNOWN, "1": 1, "true": 1, "on": 1, "0": 0, "false": 0, "off": 0, "unknown": UNKNOWN}
_MILLISECONDS_FROM: Final = 1e11
"""A bare number from here on counts milliseconds, a smaller one seconds: the border is the year 5138 or 1973."""
_OLDEST_MS, _NEWEST_MS = -62_135_000_000_000, 100_000_000_000_000
Columns = list[tuple[str, ...]]
_NO_TIME: Final = "is neither an ISO 8601 time nor a number of seconds or milliseconds"


class FileError(InvalidInput):
    """The file cannot be read as a track; the message names the line or point, never what stands there."""

    code = "track_file"


def read(path: Path) -> Track:
    """The track in a file, by its content: GPX begins with ``<``, GeoJSON with ``{``, all else is CSV.

    Raises FileError.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(f"the file cannot be read: {(error.strerror or 'unknown').lower()}") from None
    return parse(content)


def parse(content: bytes) -> Track:
    """The same for the content of a file."""
    from allconnects.trips import geojson, gpx

    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":
        return gpx.parse(content)
    text = _text(content)
    return geojson.parse(text) if start == b"{" else parse_csv(text)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(f"line {line}: not UTF-8 text") from None


def parse_csv(text: str) -> Track:
    """A table with a header: time, lat, lon and maybe speed_kmh, ignition, odometer_m, satellites.

    Separated by comma, semicolon or tab; other columns are passed over.
    """
    head = text[: text.find("\n") + 1] or text
    lines = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count))
    try:
        header = [name.strip().lower() for name in next(lines, [])]
        rows = list(lines)
    except csv.Error as error:
        raise FileError(f"line {lines.line_num}: {error}") from None
    return _Table(text, header, rows, str(lines.dialect.delimiter)).track()


class _Table:
    """Rows of text under a header, and the text, to tell the line of what is wrong."""

    def __init__(self, text: str, header: list[str], rows: list[list[str]], separator: str) -> None:
        self._place = {
            name: next((header.index(one) for one in names if one in header), -1) for name, names in _COLUMNS.items()
        }
        if missing := [name for name in ("time", "lat", "lon") if self._place[name] < 0]:
            raise FileError(f"line 1: the header has no column {', '.join(missing)}")
        self._text, self._separator, self._width = text, separator, len(header)
        self._rows = rows if all(rows) else [row for row in rows if row]

    def track(self) -> Track:
        """The columns; raises FileError at the first row that is wrong."""
        wrong = next((n for n, row in enumerate(self._rows) if len(row) != self._width), None)
        if wrong is not None:
            raise FileError(f"line {self._line(wrong)}: {len(self._rows[wrong])} columns, the header has {self._width}")
        columns = list(zip(*self._rows, strict=True)) or [()] * self._width
        return Track(
            time_ms=self._column(columns, "time", moment),
            lat_e7=self._column(columns, "lat", latitude_e7),
            lon_e7=self._column(columns, "lon", longitude_e7),
            speed_kmh=self._optional(columns, "speed_kmh", measure),
            ignition=self._optional(columns, "ignition", ignition),
            odometer_m=self._optional(columns, "odometer_m", measure),
            satellites=self._optional(columns, "satellites", count),
        )

    def _optional(self, columns: Columns, name: str, convert: Callable[[str], float]) -> Floats | None:
        return self._column(columns, name, convert) if self._place[name] >= 0 else None

    def _column(self, columns: Columns, name: str, convert: Callable[[str], float]) -> Floats:
        texts = columns[self._place[name]]
        try:
            return np.fromiter(map(convert, texts), np.float64, len(texts))
        except ValueError as error:
            wrong = next(number for number, text in enumerate(texts) if not _converts(text, convert))
            raise FileError(f"line {self._line(wrong)}: {name} {error}") from None

    def _line(self, wrong: int) -> int:
        """The line of a row; read anew, because a quoted field may hold line breaks."""
        lines = csv.reader(io.StringIO(self._text), delimiter=self._separator)
        filled = (lines.line_num for row in lines if row)
        return next(itertools.islice(filled, wrong + 1, None))


def _converts(text: str, convert: Callable[[str], float]) -> bool:
    try:
        convert(text)
    except ValueError:
        return False
    return True


def moment(text: str) -> float:
    """Milliseconds since 1970 of an ISO 8601 time (UTC when it names no zone) or of seconds or milliseconds."""
    text = text.strip()
    # Without a colon or hyphen it is a number: digits alone would also pass as ISO 8601 in its basic form.
    if ":" not in text and "-" not in text[1:]:
        return _moment_of_number(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_NO_TIME) from None
    return _bounded((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _bounded(milliseconds: float) -> float:
    """Only times that a calendar of the years 1 to 5138 can show; NaN is none."""
    if not _OLDEST_MS <= milliseconds <= _NEWEST_MS:
        raise ValueError(_NO_TIME)
    return round(milliseconds)


def _moment_of_number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(_NO_TIME) from None
    return _bounded(value if abs(value) >= _MILLISECONDS_FROM else value * 1000)


def latitude_e7(text: str) -> float:
    """Degrees to 1e-7 degrees."""
    return _degrees(text, 90.0)


def longitude_e7(text: str) -> float:
    """Degrees to 1e-7 degrees."""
    return _degrees(text, 180.0)


def _degrees(text: str, most: float) -> float:
    try:
        value = float(text)
    except (ValueError, TypeError):
        value = math.nan
    if not -most <= value <= most:
        raise ValueError(f"is not a number from {-most:g} to {most:g}")
    return round(value * 1e7)


def measure(text: str) -> float:
    """A number that may be missing; NaN when it is."""
    if not text.strip():
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise ValueError("is not a number") from None


def count(text: str) -> float:
    """A count that may be missing; -1 when it is."""
    value = measure(text)
    return -1.0 if math.isnan(value) else value


def ignition(text: str) -> float:
    """1, 0, or -1 when it is missing."""
    try:
        return _IGNITION[text.strip().lower()]
    except KeyError:
        raise ValueError("is neither on, off, true, false, 1, 0 nor empty") from None
