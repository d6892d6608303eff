"""Which identifier is which device: all of them in memory, kept true by the database's notices."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
import structlog

from allconnects.telemetry.gateway import metrics
from allconnects.telemetry.store.gate import GATE_COLUMNS, OPEN, Gate

log = structlog.get_logger()
CHANNEL = "telemetry_devices"
_SELECT = f"""
    SELECT d.id, d.organisation_id, d.identifier, d.secret_hash, d.protocol,
           coalesce((extract(epoch FROM l.fix_time) * 1000)::bigint, 0), {GATE_COLUMNS}
    FROM telemetry_device d
    LEFT JOIN telemetry_live l ON l.organisation_id = d.organisation_id AND l.device_id = d.id"""
_RETRY_S = 1.0


class DeviceRef:
    """A registered device as the gateway knows it.

    ``newest_ms``: newest fix time that is stored; ``sure``: certainly so, because the whole store was asked since
    the device last introduced itself (it may have spoken to another gateway before). ``live_ms``: when its live
    state was written last. ``address``, ``before``, ``switched_s``: where it was last heard, where
    before that, and when that changed (monotonic seconds); in memory only. ``gate``: what may be recorded of it.
    """

    __slots__ = (
        "address", "before", "gate", "id", "identifier", "live_ms", "newest_ms", "organisation", "protocol",
        "secret_hash", "sure", "switched_s", "warned_s",
    )  # fmt: skip

    def __init__(self, id: int, organisation: int, identifier: str, secret_hash: str, protocol: str, newest: int):
        self.id = id
        self.organisation = organisation
        self.identifier = identifier
        self.secret_hash = secret_hash
        self.protocol = protocol
        self.newest_ms = newest
        self.live_ms = 0
        self.sure = False
        self.gate: Gate = OPEN
        self.address = self.before = ""
        self.switched_s = self.warned_s = float("-inf")

    def admits(self, secret: str | None) -> bool:
        """Whether a message with this secret may speak for the device."""
        return not self.secret_hash or opens(secret or "", self.secret_hash)


def hash_secret(secret: str) -> str:
    """What is kept of a device secret. Secrets are long and random, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


def opens(secret: str, kept: str) -> bool:
    """Whether this is the secret of which ``kept`` is the hash; how long that takes tells nothing. None kept opens to
    nobody."""
    return bool(kept) and hmac.compare_digest(hash_secret(secret), kept)


class Directory:
    """Devices by identifier. ``load`` once, then ``watch`` for as long as the gateway runs."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._by_identifier: dict[str, DeviceRef] = {}
        self._by_id: dict[int, DeviceRef] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, identifiers: Iterable[str]) -> DeviceRef | None:
        """The device of the first identifier that is registered."""
        for identifier in identifiers:
            if found := self._by_identifier.get(identifier):
                return found
        return None

    async def load(self) -> None:
        """Read all devices, waiting for the database as long as it takes."""
        while True:
            try:
                async with await self._connect() as connection:
                    await self._reload(connection)
                return
            except psycopg.Error as error:
                log.warning("gateway.waits_for_database", error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def watch(self) -> None:
        """Follow changes; after a lost connection everything is read again, for notices may be lost too."""
        while True:
            try:
                async with await self._connect() as notices, await self._connect() as reading:
                    await notices.execute(f"LISTEN {CHANNEL}")
                    await self._reload(reading)
                    while True:
                        await self._refresh(reading, await _changed(notices))
            except psycopg.Error as error:
                log.warning("gateway.directory_disconnected", error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)

    async def _reload(self, connection: psycopg.AsyncConnection) -> None:
        rows = await (await connection.execute(_SELECT)).fetchall()
        self._take_over(rows, set(self._by_id))
        log.debug("gateway.devices", version=max(self._by_id, default=0))

    async def _refresh(self, connection: psycopg.AsyncConnection, devices: set[int]) -> None:
        rows = await (await connection.execute(_SELECT + " WHERE d.id = ANY(%s)", (list(devices),))).fetchall()
        self._take_over(rows, devices)
        log.debug("gateway.devices", version=max(devices))

    def _take_over(self, rows: Sequence[tuple[Any, ...]], asked: set[int]) -> None:
        """What the database says of the devices ``asked`` after; those without a row are gone."""
        for gone in asked - {row[0] for row in rows}:
            self._forget(gone)
        for row in rows:
            self._learn(*row)
        metrics.devices.set(len(self._by_id))

    def _learn(
        self, id: int, organisation: int, identifier: str, secret: str, protocol: str, newest: int, *gate: Any
    ) -> None:
        """Known devices keep their object: sessions hold it."""
        known = self._by_id.get(id)
        if known is None:
            known = self._by_id[id] = DeviceRef(id, organisation, identifier, secret, protocol, newest)
        elif known.identifier != identifier:
            self._release(known)
        known.organisation, known.identifier, known.secret_hash = organisation, identifier, secret
        known.newest_ms = max(known.newest_ms, newest)
        known.gate = Gate.of(*gate)
        self._by_identifier[identifier] = known

    def _forget(self, device: int) -> None:
        """Sessions of a device that is gone notice by its organisation, which becomes 0."""
        if known := self._by_id.pop(device, None):
            self._release(known)
            known.organisation = 0

    def _release(self, known: DeviceRef) -> None:
        """Its identifier may be another device's by now."""
        if self._by_identifier.get(known.identifier) is known:
            del self._by_identifier[known.identifier]


async def _changed(notices: psycopg.AsyncConnection) -> set[int]:
    """Ids of the devices that changed, once some did: all that are told together, as when a fleet is added."""
    payloads = [notice.payload async for notice in notices.notifies(stop_after=1)]
    payloads += [notice.payload async for notice in notices.notifies(timeout=0)]
    return {int(payload.split()[0]) for payload in payloads}
