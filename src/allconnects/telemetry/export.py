"""Writes a track as GPX, GeoJSON, CSV or KML, piece by piece: text is made of a few thousand fixes at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from asgiref.sync import sync_to_async
from numpy.typing import NDArray

from allconnects.telemetry.store.reader import Track

_FIXES: Final = 2000
"""Fixes in one piece."""
_KMH_OF_M_S: Final = 3.6
_EAST_E7: Final = 1_800_000_000
Texts = list[str]


@dataclass(frozen=True, slots=True)
class Source:
    """What is written: a track and the number of its device.

    ``altitude_m``: float column of the track's length, NaN where unknown; None when nothing is known.
    """

    device: int
    track: Track
    altitude_m: NDArray[Any] | None = None

    def parts(self) -> Iterator[slice]:
        """The track in pieces, in order."""
        for begin in range(0, len(self.track), _FIXES):
            yield slice(begin, begin + _FIXES)

    def times(self, part: slice) -> Texts:
        """ISO 8601 in UTC with milliseconds."""
        moments = self.track.time_ms[part].astype("datetime64[ms]")
        found: Texts = np.datetime_as_string(moments, unit="ms", timezone="UTC").tolist()
        return found

    def lats(self, part: slice) -> Texts:
        """Degrees with seven decimals."""
        return _fixed(self.track.lat_e7[part] / 1e7, 7)

    def lons(self, part: slice) -> Texts:
        """Degrees with seven decimals, -180 for 180: GPX takes no 180."""
        lons = self.track.lon_e7[part].astype(np.int64)
        return _fixed(np.where(lons == _EAST_E7, -_EAST_E7, lons) / 1e7, 7)

    def altitudes(self, part: slice) -> Texts:
        """Metres; empty where unknown."""
        if self.altitude_m is None:
            return [""] * len(self.track.time_ms[part])
        return _fixed(self.altitude_m[part], 1)

    def speeds(self, part: slice) -> Texts:
        """Kilometres an hour; empty where unknown."""
        return _fixed(self.track.speed_kmh[part], 2)

    def speeds_m_s(self, part: slice) -> Texts:
        """Metres a second; empty where unknown."""
        return _fixed(self.track.speed_kmh[part].astype(np.float64) / _KMH_OF_M_S, 4)

    def courses(self, part: slice) -> Texts:
        """Degrees from north, 0 to below 360; empty where unknown."""
        known = np.where(np.isfinite(self.track.course_deg[part]), self.track.course_deg[part], np.nan)
        return _fixed(np.mod(np.round(known.astype(np.float64), 2), 360.0), 2)


def _fixed(column: NDArray[Any], decimals: int) -> Texts:
    """Never with an exponent, which ``xsd:decimal`` does not know; empty for what is no number."""
    known = np.isfinite(column).tolist()
    return [
        f"{value:.{decimals}f}" if is_known else ""
        for value, is_known in zip(column.tolist(), known, strict=True)
    ]  # fmt: skip


def csv(source: Source) -> Iterator[bytes]:
    """A table after RFC 4180; what is unknown is empty."""
    yield b"time,lat,lon,altitude_m,speed_kmh,course_deg\r\n"
    for part in source.parts():
        columns = (
            source.times(part), source.lats(part), source.lons(part),
            source.altitudes(part), source.speeds(part), source.courses(part),
        )  # fmt: skip
        yield "".join(f"{','.join(row)}\r\n" for row in zip(*columns, strict=True)).encode()


_GPX: Final = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="allconnects" xmlns="http://www.topografix.com/GPX/1/1" \
xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
<trk><name>Device {device}</name><trkseg>
"""


def gpx(source: Source) -> Iterator[bytes]:
    """GPX 1.1, one segment. Speed (m/s) and course stand in TrackPointExtension v2: 1.1 itself has no place."""
    yield _GPX.format(device=source.device).encode()
    for part in source.parts():
        columns = (
            source.times(part), source.lats(part), source.lons(part),
            source.altitudes(part), source.speeds_m_s(part), source.courses(part),
        )  # fmt: skip
        yield "".join(_point(*row) for row in zip(*columns, strict=True)).encode()
    yield b"</trkseg></trk>\n</gpx>\n"


def _point(time: str, lat: str, lon: str, altitude: str, speed: str, course: str) -> str:
    more = _element("gpxtpx:speed", speed) + _element("gpxtpx:course", course)
    if more:
        more = _element("extensions", _element("gpxtpx:TrackPointExtension", more))
    return f'<trkpt lat="{lat}" lon="{lon}">{_element("ele", altitude)}<time>{time}</time>{more}</trkpt>\n'


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>" if content else ""


def geojson(source: Source) -> Iterator[bytes]:
    """A collection (RFC 7946) of one LineString with ``coordTimes``; a Point for one fix, empty for none.

    ``coordinateProperties`` holds ``speed_kmh`` and ``course_deg`` of each place, null where unknown.
    """
    yield b'{"type":"FeatureCollection","features":['
    if len(source.track) == 1:
        yield _single(source).encode()
    elif len(source.track):
        yield b'{"type":"Feature","geometry":{"type":"LineString","coordinates":['
        yield from _listed(source, _places)
        yield f']}},"properties":{{"device":{source.device},"coordTimes":['.encode()
        yield from _listed(source, _quoted_times)
        yield b'],"coordinateProperties":{"speed_kmh":['
        yield from _listed(source, _speeds)
        yield b'],"course_deg":['
        yield from _listed(source, _courses)
        yield b"]}}}"
    yield b"]}\n"


def _single(source: Source) -> str:
    part = slice(0, 1)
    values = f'"speed_kmh":{_speeds(source, part)[0]},"course_deg":{_courses(source, part)[0]}'
    return (
        f'{{"type":"Feature","geometry":{{"type":"Point","coordinates":{_places(source, part)[0]}}},'
        f'"properties":{{"device":{source.device},"time":{_quoted_times(source, part)[0]},{values}}}}}'
    )


def _listed(source: Source, texts: Callable[[Source, slice], Texts]) -> Iterator[bytes]:
    for part in source.parts():
        yield ("," if part.start else "").encode() + ",".join(texts(source, part)).encode()


def _places(source: Source, part: slice) -> Texts:
    columns = (source.lons(part), source.lats(part), source.altitudes(part))
    return [f"[{','.join(filter(None, row))}]" for row in zip(*columns, strict=True)]


def _quoted_times(source: Source, part: slice) -> Texts:
    return [f'"{time}"' for time in source.times(part)]


def _speeds(source: Source, part: slice) -> Texts:
    return [speed or "null" for speed in source.speeds(part)]


def _courses(source: Source, part: slice) -> Texts:
    return [course or "null" for course in source.courses(part)]


_KML: Final = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document><Schema id="fix"><gx:SimpleArrayField name="speed_kmh" type="float"/></Schema>
<Placemark><name>Device {device}</name><gx:Track><altitudeMode>clampToGround</altitudeMode>
"""
_KML_SPEEDS: Final = b"""<ExtendedData><SchemaData schemaUrl="#fix"><gx:SimpleArrayData name="speed_kmh">
"""
_KML_END: Final = b"""</gx:SimpleArrayData></SchemaData></ExtendedData></gx:Track></Placemark></Document>
</kml>
"""


def kml(source: Source) -> Iterator[bytes]:
    """KML 2.2 with one ``gx:Track`` on the ground, speeds beside it; an unknown altitude is 0 and not drawn."""
    yield _KML.format(device=source.device).encode()
    for part in source.parts():
        yield "".join(f"<when>{time}</when>\n" for time in source.times(part)).encode()
    for part in source.parts():
        rows = zip(source.lons(part), source.lats(part), source.altitudes(part), strict=True)
        yield "".join(f"<gx:coord>{lon} {lat} {high or 0}</gx:coord>\n" for lon, lat, high in rows).encode()
    yield _KML_SPEEDS
    for part in source.parts():
        yield "".join(f"<gx:value>{speed}</gx:value>\n" for speed in source.speeds(part)).encode()
    yield _KML_END


async def in_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, each made beside the event loop, so that one reader's file keeps no other waiting."""
    following = sync_to_async(lambda: next(pieces, None), thread_sensitive=False)
    while (piece := await following()) is not None:
        yield piece


@dataclass(frozen=True, slots=True)
class Format:
    """How a file of this kind is called and written."""

    content_type: str
    write: Callable[[Source], Iterator[bytes]]


FORMATS: Final[Mapping[str, Format]] = {
    "gpx": Format("application/gpx+xml", gpx),
    "geojson": Format("application/geo+json", geojson),
    "csv": Format("text/csv; charset=utf-8", csv),
    "kml": Format("application/vnd.google-earth.kml+xml", kml),
}
"""By the end of the file's name."""
