"""The attribute blob of a stored position: a format byte, then what the device sent, decoded on demand.

* ``T`` Teltonika: codec id, priority, then the record's IO part as it came;
* ``J`` JSON of the attributes, for every other protocol.

A format is never changed, only added: stored rows keep theirs.
"""

from __future__ import annotations

from typing import Any

import msgspec

from allconnects.telemetry.codecs.base import CodecError, Position
from allconnects.telemetry.codecs.teltonika.io import attributes_from_io

JSON = b"J"
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def encode(attributes: dict[str, Any]) -> bytes:
    """The blob of decoded attributes."""
    return JSON + _encode(attributes)


def decode(blob: bytes) -> dict[str, Any]:
    """The attributes in a blob. Raises ValueError for a format that this version does not know."""
    match blob[:1]:
        case b"J":
            return _decode(blob[1:])
        case b"T":
            try:
                return attributes_from_io(blob[1], blob[2], blob[3:])
            except CodecError as error:
                raise ValueError("damaged attribute blob") from error
        case b"":
            return {}
    raise ValueError("unknown format of an attribute blob")


def identity(position: Position, blob: bytes) -> bytes:
    """What the content key of a decoded position is made of: every field and every attribute."""
    fields = (
        position.time_ms,
        position.valid,
        position.lat,
        position.lon,
        position.altitude_m,
        position.speed_kmh,
        position.course_deg,
    )
    return _encode(fields) + blob
