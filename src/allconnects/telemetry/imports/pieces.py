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
from allconnects.telemetry.store.gate import OPEN, Gate, GateMoved, read_gates
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

    The live state stays as it is: what comes out of a file says nothing of now. What may not be recorded of a device
    is left out here too. Raises DeviceGone, psycopg.Error.
    """
    if not rows:
        return
    gates = read_gates(hot.connection(), {device for device, _ in rows})
    while True:
        try:
            return _write(hot, organisation, rows, gates)
        except GateMoved as error:
            gates |= error.gates


def _write(hot: HotWriter, organisation: int, rows: Sequence[Owned], gates: dict[int, Gate]) -> None:
    now_ms = clock.now_ms()
    versions = {(organisation, device): gates.get(device, OPEN).version for device, _ in rows}
    rows = [
        (device, position) for device, position in rows
        if gates.get(device, OPEN).passes_at(now_ms if position.time_ms is None else position.time_ms)
    ]  # fmt: skip
    columns = from_positions([position for _, position in rows], range(len(rows)))
    devices = np.array([device for device, _ in rows], np.int64)
    part = Part(columns, np.full(len(rows), organisation, np.int64), devices, np.zeros(len(rows), bool))
    heard = [(organisation, device) for device in np.unique(devices).tolist()]
    hot.write(Batch([part] if rows else [], heard, set(), now_ms, versions))
