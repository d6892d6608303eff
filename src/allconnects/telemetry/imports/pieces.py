"""Positions on their way: packed while they wait, written into the hot store in batches."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import msgspec
import numpy as np

from allconnects.kit import clock, db
from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.store.columns import from_positions
from allconnects.telemetry.store.hot import Batch, HotWriter, Part

SIZE = 5_000
"""Positions of one piece, and of one commit."""
Owned = tuple[int, Position]
"""The id of a device, and a position of it."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[int, Any]]).decode


def pack(rows: Sequence[Owned]) -> bytes:
    """Positions as bytes."""
    return zlib.compress(_encode([(device, astuple(position)) for device, position in rows]), 3)


def unpack(data: bytes) -> list[Owned]:
    """The positions of a piece."""
    return [(device, Position(*fields)) for device, fields in _decode(zlib.decompress(data))]


def writer() -> HotWriter:
    """A connection that writes positions as the gateway does; to be closed."""
    return HotWriter(db.conninfo("ingest", "allconnects-import"))


def write(hot: HotWriter, organisation: int, rows: Sequence[Owned]) -> None:
    """Write positions and commit. Written again, they change nothing: identity is time and content.

    The live state stays as it is: what comes out of a file says nothing of now. Raises DeviceGone, psycopg.Error.
    """
    if not rows:
        return
    columns = from_positions([position for _, position in rows], range(len(rows)))
    devices = np.array([device for device, _ in rows], np.int64)
    part = Part(columns, np.full(len(rows), organisation, np.int64), devices, np.zeros(len(rows), bool))
    heard = [(organisation, device) for device in np.unique(devices).tolist()]
    hot.write(Batch([part], heard, set(), clock.now_ms()))
