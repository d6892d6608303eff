"""From the messages of one tick to a batch for the store: Teltonika frames together, all others one by one."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allconnects.telemetry.codecs.base import CodecError, Position
from allconnects.telemetry.gateway import metrics, switches
from allconnects.telemetry.store import teltonika
from allconnects.telemetry.store.columns import from_positions
from allconnects.telemetry.store.gate import Gate
from allconnects.telemetry.store.hot import Batch, Latest, Part
from allconnects.telemetry.store.rows import EPOCH_2000_MS, I64, Columns, fix_ms, take

if TYPE_CHECKING:
    from allconnects.telemetry.gateway.directory import DeviceRef
    from allconnects.telemetry.gateway.intake import Item

_DAY_MS = 86_400_000
_CLOCK_AHEAD_MS = 60_000
_ACKS = [struct.pack(">I", count) for count in range(256)]


@dataclass(slots=True)
class Assembled:
    """A batch, and what each sender hears once it is durable."""

    batch: Batch
    replies: list[tuple[Item, bytes]]
    damaged: list[Item]
    devices: dict[int, DeviceRef] = field(default_factory=dict)
    latest: Latest | None = None
    turns: list[switches.Turn] = field(default_factory=list)
    crashes: list[switches.Crash] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many positions."""
        return sum(len(part.columns) for part in self.batch.parts)

    @classmethod
    def failed(cls, items: list[Item]) -> Assembled:
        """Nothing of these can be stored."""
        return cls(Batch([], [], set(), 0), [], items)

    @property
    def behind(self) -> list[int]:
        """Devices whose live state was not written with this batch."""
        return [device for _, device in self.batch.heard if device not in self.batch.due]

    def remember(self) -> None:
        """After the commit: later re-uploads of these positions take the careful way."""
        for device in self.batch.due:
            self.devices[device].live_ms = self.batch.received_ms
        if self.latest is None:
            return
        for device, newest in zip(self.latest.heard.tolist(), self.latest.heard_ms.tolist(), strict=True):
            known = self.devices[device]
            known.newest_ms = max(known.newest_ms, newest)
        for device, newest in self.latest.newest:
            known = self.devices[device]
            known.newest_ms, known.sure = max(known.newest_ms, newest), True


LIVE_EVERY_MS = 1000
"""The live state of one device is written at most so often; what comes between is caught up with."""


def assemble(items: list[Item], heard: Iterable[DeviceRef], received_ms: int) -> Assembled:
    """The batch of these messages. Those of devices that are gone meanwhile count as damaged: not answered."""
    replies: list[tuple[Item, bytes]] = []
    damaged = [item for item in items if not item.device.organisation]
    items = [item for item in items if item.device.organisation]
    parts = _teltonika(items, replies, damaged) + _decoded(items, replies)
    devices = {d.id: d for d in heard}
    devices.update((item.device.id, item.device) for item, _ in replies)
    # A gate may be replaced meanwhile: each is looked at once, so that what is sifted by is what is told.
    gates = {d.id: d.gate for d in devices.values() if d.organisation}
    said = _Said([], [])
    sifted = [_sifted(columns, owners, gates, received_ms, said) for columns, owners in parts]
    made = [_part(columns, owners, received_ms) for columns, owners in sifted if len(columns)]
    known = [d for d in devices.values() if d.organisation and _may_be_known(gates[d.id], received_ms)]
    due = {d.id for d in known if received_ms - d.live_ms >= LIVE_EVERY_MS}
    versions = {(d.organisation, d.id): gates[d.id].version for d in devices.values() if d.organisation}
    pairs = [(d.organisation, d.id) for d in known]
    batch = Batch(made, pairs, due, received_ms, versions)
    return Assembled(batch, replies, damaged, devices, turns=said.turns, crashes=said.crashes)


@dataclass(slots=True)
class _Said:
    """What devices said about private time themselves."""

    turns: list[switches.Turn]
    crashes: list[switches.Crash]


def _may_be_known(gate: Gate, received_ms: int) -> bool:
    """Whether a device may show a sign of life now; in private time even that says too much."""
    return gate.is_open or gate.passes_at(received_ms)


def _sifted(
    columns: Columns, owners: list[Item], gates: dict[int, Gate], received_ms: int, said: _Said
) -> tuple[Columns, list[Item]]:
    """Without what may not be recorded. A fix without a time of its own counts as of its receipt."""
    closed = [i for i, item in enumerate(owners) if not gates[item.device.id].is_open]
    if not closed:
        return columns, owners
    kept = np.ones(len(columns), bool)
    time_ms = fix_ms(columns, received_ms)
    for index in closed:
        mine = np.flatnonzero(columns.source == index)
        kept[mine] = _passes(columns, mine, owners[index], gates[owners[index].device.id], time_ms[mine], said)
    if kept.all():
        return columns, owners
    metrics.private.inc(int((~kept).sum()))
    return take(columns, np.flatnonzero(kept)), owners


def _passes(
    columns: Columns, mine: I64, item: Item, gate: Gate, time_ms: I64, said: _Said
) -> NDArray[np.bool_]:  # fmt: skip
    """Which reports of one message may be recorded, by its gate and by its own switch."""
    passed = gate.passes(time_ms)
    owner = (item.device.organisation, item.device.id)
    if gate.input:
        found = switches.states(gate, (columns.blob(place) for place in mine.tolist()))
        said.turns += switches.turns(gate, owner, item.device.newest_ms, time_ms.tolist(), found)
        passed &= np.array([state is not True for state in found], bool)
    for place, at in zip(mine[~passed].tolist(), time_ms[~passed].tolist(), strict=True):
        if switches.crashed(columns.blob(place)):
            said.crashes.append(switches.Crash(*owner, at))
    return passed


def _teltonika(
    items: list[Item], replies: list[tuple[Item, bytes]], damaged: list[Item]
) -> list[tuple[Columns, list[Item]]]:
    framed, bodies = [], []
    for item in items:
        if item.frame is None:
            continue
        try:
            bodies.append(teltonika.body_of(item.frame))
            framed.append(item)
        except CodecError:
            damaged.append(item)
    parts, broken = teltonika.decode(bodies)
    damaged += [framed[index] for index in broken]
    bad = set(broken)
    replies += [(item, _ACKS[bodies[i][1]]) for i, item in enumerate(framed) if i not in bad]
    return [(columns, framed) for columns in parts]


def _decoded(items: list[Item], replies: list[tuple[Item, bytes]]) -> list[tuple[Columns, list[Item]]]:
    plain = [item for item in items if item.message is not None]
    positions: list[Position] = []
    source: list[int] = []
    for index, item in enumerate(plain):
        assert item.message is not None
        positions += item.message.positions
        source += [index] * len(item.message.positions)
        replies.append((item, item.message.reply))
    return [(from_positions(positions, source), plain)] if positions else []


def _part(columns: Columns, owners: list[Item], received_ms: int) -> Part:
    devices = [item.device for item in owners]
    count = len(devices)
    organisation = np.fromiter((d.organisation for d in devices), np.int64, count)[columns.source]
    device = np.fromiter((d.id for d in devices), np.int64, count)[columns.source]
    newest = np.fromiter((d.newest_ms for d in devices), np.int64, count)[columns.source]
    sure = np.fromiter((d.sure for d in devices), bool, count)[columns.source]
    fresh = columns.has_time & (columns.time_ms > newest) & _guarded(columns.time_ms, received_ms, sure)
    return Part(columns, organisation, device, fresh)


def _guarded(time_ms: I64, received_ms: int, sure: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether nothing but the leaf's own index has to watch over these fixes.

    A copy of a fix of this UTC day can only be in the leaf of today, whose index would refuse it; a clock may be
    ahead by ``_CLOCK_AHEAD_MS``, so those of the day's first minute may have come yesterday. A copy of an older
    fix would be in another leaf: it is ruled out where the newest of all that is stored is known for sure.
    """
    first = received_ms - received_ms % _DAY_MS + _CLOCK_AHEAD_MS
    past = time_ms <= received_ms + _CLOCK_AHEAD_MS
    return past & ((time_ms >= first) | (sure & (time_ms >= EPOCH_2000_MS)))
