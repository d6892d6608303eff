"""From the gateway to every web process: the latest fixes, in small batches, over PostgreSQL's notices.

A notice is lost when nobody listens: the live table is the truth, a notice only says it sooner.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

import msgspec
import psycopg
import structlog

log = structlog.get_logger()
CHANNEL = "telemetry_live"
_PAYLOAD_BYTES = 7_500
"""PostgreSQL takes at most 8,000 bytes in one notice."""
_RETRY_S = 1.0


class Fix(NamedTuple):
    """The latest usable fix of one device. ``speed_kmh``, ``course_deg``: None where the device does not say."""

    organisation: int
    device: int
    time_ms: int
    lat_e7: int
    lon_e7: int
    speed_kmh: float | None
    course_deg: float | None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Fix]).decode


def payloads(fixes: Iterable[Fix]) -> list[str]:
    """The fixes as JSON lists, each small enough for one notice."""
    result: list[str] = []
    rows: list[bytes] = []
    size = 2
    for fix in fixes:
        row = _encode(fix)
        if size + len(row) + 1 > _PAYLOAD_BYTES:
            result.append((b"[" + b",".join(rows) + b"]").decode())
            rows, size = [], 2
        rows.append(row)
        size += len(row) + 1
    if rows:
        result.append((b"[" + b",".join(rows) + b"]").decode())
    return result


class PostgresBus:
    """Publishes and listens on one connection each, opened again when it breaks."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._publisher: psycopg.AsyncConnection | None = None

    async def publish(self, fixes: Iterable[Fix]) -> None:
        """Tell every listener. While the database is away nothing is told: the next fix will be."""
        try:
            if self._publisher is None or self._publisher.closed:
                self._publisher = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
            await self._publisher.execute(
                f"SELECT pg_notify('{CHANNEL}', p) FROM unnest(%s::text[]) p", (payloads(fixes),)
            )
        except psycopg.Error as error:
            log.warning("bus.not_published", error=type(error).__name__)
            self._publisher = None

    async def listen(self) -> AsyncIterator[list[Fix] | None]:
        """Batches of fixes for ever; None each time the connection is new, for something may have been missed."""
        async for payload in self._notices(CHANNEL):
            yield None if payload is None else _decode(payload)

    async def listen_text(self, channel: str) -> AsyncIterator[str]:
        """The notices of another channel, for ever."""
        async for payload in self._notices(channel):
            if payload is not None:
                yield payload

    async def _notices(self, channel: str) -> AsyncIterator[str | None]:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {channel}")
                    yield None
                    async for notice in connection.notifies():
                        yield notice.payload
            except psycopg.Error as error:
                log.warning("bus.disconnected", error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)
