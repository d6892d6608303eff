"""Devices and messages for tests of the store, written as the gateway writes them, and read as the owner."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import psycopg

from allconnects.telemetry.codecs.base import Message, Position
from allconnects.telemetry.gateway.assemble import Assembled, assemble
from allconnects.telemetry.gateway.directory import DeviceRef
from allconnects.telemetry.gateway.intake import Item
from allconnects.telemetry.store.hot import HotWriter

NOON = 1_790_000_000_000 // 86_400_000 * 86_400_000 + 43_200_000
"""A noon in UTC, on a day that no other test receives anything."""
HOUR = 3_600_000
_numbers = itertools.count(1)


class Silent:
    """A sender that nobody answers."""

    busy = False

    def answer(self, reply: bytes) -> None: ...

    def give_up(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


def at(time_ms: int | None, lat: float | None = 50.8, speed: float | None = 30.0, **attributes: Any) -> Position:
    """A usable fix; without a latitude a report without a place."""
    valid = lat is not None
    return Position(time_ms, valid, lat, 4.35 if valid else None, 12.0, speed, 90.0, attributes)


@dataclass
class Yard:
    """An organisation with devices, and a gateway's way into the store."""

    owner: psycopg.Connection[Any]
    organisation: int
    conninfo: str
    writers: list[HotWriter] = field(default_factory=list)

    def writer(self) -> HotWriter:
        """A further connection that writes; closed at the end."""
        self.writers.append(HotWriter(self.conninfo))
        return self.writers[-1]

    def device(self) -> DeviceRef:
        """A registered device that the gateway has heard nothing of."""
        identifier = f"yard-{self.organisation}-{next(_numbers)}"
        row = self.owner.execute(
            "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
            "VALUES (%s, 'x', 'vehicle', %s, '', '', now()) RETURNING id",
            (self.organisation, identifier),
        ).fetchone()
        assert row is not None
        return DeviceRef(row[0], self.organisation, identifier, "", "", 0)

    def batch(self, device: DeviceRef, *positions: Position, received: int = NOON) -> Assembled:
        """One message of a device, ready to be written."""
        return self.batch_of([(device, list(positions))], received)

    def batch_of(self, messages: list[tuple[DeviceRef, list[Position]]], received: int = NOON) -> Assembled:
        """Messages of several devices in one batch."""
        items = [Item(Silent(), device, None, Message(found), 100) for device, found in messages]
        return assemble(items, [], received)

    def send(
        self, device: DeviceRef, *positions: Position, received: int = NOON, writer: HotWriter | None = None
    ) -> None:
        """Write one message as the gateway does."""
        self.write(self.batch(device, *positions, received=received), writer)

    def write(self, made: Assembled, writer: HotWriter | None = None) -> None:
        """Write a batch; what is durable is remembered."""
        writer = writer or (self.writers[0] if self.writers else self.writer())
        made.latest = writer.write(made.batch)
        made.remember()

    def times(self, device: DeviceRef) -> list[int]:
        """Fix times in ms of all stored rows of a device, duplicates and all."""
        rows = self.owner.execute(
            "SELECT (extract(epoch FROM fix_time) * 1000)::bigint FROM telemetry_position "
            "WHERE organisation_id = %s AND device_id = %s ORDER BY 1",
            (self.organisation, device.id),
        )
        return [row[0] for row in rows]

    def live(self, device: DeviceRef) -> dict[str, Any]:
        """The live row of a device."""
        cursor = self.owner.execute("SELECT * FROM telemetry_live WHERE device_id = %s", (device.id,))
        row = cursor.fetchone()
        assert row is not None
        return dict(zip([column.name for column in cursor.description or ()], row, strict=True))

    def close(self) -> None:
        """Give the connections back."""
        for writer in self.writers:
            writer.close()
