"""GPX 1.0 and 1.1: the points of its tracks. Entities are refused, so a small file cannot unfold to a large one."""

from __future__ import annotations

import math
from xml.parsers import expat

import numpy as np

from allconnects.trips.files import FileError, latitude_e7, longitude_e7, measure, moment
from allconnects.trips.result import Track

_SPEED_KMH_OF_M_S = 3.6


def parse(content: bytes) -> Track:
    """The track points in the order of the file, of all tracks and segments. Raises FileError with the line.

    ``speed`` (m/s, GPX 1.0 or an extension) is read where it stands; every point needs a time.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise FileError(f"line {error.lineno}: not well-formed XML") from None
    if not reader.is_gpx:
        raise FileError("line 1: the XML is not GPX")
    return reader.track()


class _Reader:
    """Follows the parser through the file."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.is_gpx = False
        self._points: list[tuple[float, float, float, float]] = []
        self._inside = False
        self._words: list[str] | None = None
        self._lat = self._lon = 0.0
        self._time: float | None = None
        self._speed = math.nan

    def track(self) -> Track:
        """What was read."""
        table = np.array(self._points, np.float64).reshape(-1, 4)
        speed = table[:, 3]
        return Track(
            time_ms=table[:, 0].astype(np.int64),
            lat_e7=table[:, 1].astype(np.int64),
            lon_e7=table[:, 2].astype(np.int64),
            speed_kmh=None if np.isnan(speed).all() else speed,
        )

    def _entity(self, *_declaration: object) -> None:
        raise self._error("declares an entity, which GPX needs none of")

    def _error(self, what: str) -> FileError:
        return FileError(f"line {self.parser.CurrentLineNumber}: {what}")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.is_gpx |= name == "gpx"
        if name == "trkpt":
            self._inside, self._time, self._speed = True, None, math.nan
            self._lat = self._number("lat", attributes)
            self._lon = self._number("lon", attributes)
        elif self._inside and name in ("time", "speed"):
            self._words = []

    def _number(self, name: str, attributes: dict[str, str]) -> float:
        try:
            return (latitude_e7 if name == "lat" else longitude_e7)(attributes.get(name, ""))
        except ValueError as error:
            raise self._error(f"{name} {error}") from None

    def _text(self, text: str) -> None:
        if self._words is not None:
            self._words.append(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "trkpt":
            self._inside = False
            if self._time is None:
                raise self._error("the point has no time")
            self._points.append((self._time, self._lat, self._lon, self._speed))
        elif self._words is not None and name in ("time", "speed"):
            self._take(name, "".join(self._words))
            self._words = None

    def _take(self, name: str, text: str) -> None:
        try:
            if name == "time":
                self._time = moment(text)
            else:
                self._speed = measure(text) * _SPEED_KMH_OF_M_S
        except ValueError as error:
            raise self._error(f"{name} {error}") from None
