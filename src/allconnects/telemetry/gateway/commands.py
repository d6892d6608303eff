"""Commands to connected devices: told of new ones by the database, sends one at a time, notes what comes back.

A command is claimed in the database before it is written to the connection, so no two gateways send it, and it is sent
at most once: what got no answer may have been carried out, and is not repeated by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import structlog

from allconnects.kit import clock
from allconnects.telemetry.codecs.base import Answer, CodecError

if TYPE_CHECKING:
    from allconnects.telemetry.gateway.sessions import Gateway, StreamSession

log = structlog.get_logger()
CHANNEL = "telemetry_commands"
REPLY_MOST = 2000
_RETRY_S = 1.0
_TIDY_EVERY_S = 5.0
_ANSWER_WITHIN_S = 60.0
"""Devices answer within seconds; one that is silent for longer does not hold up what waits behind it."""
_WAITING = "SELECT DISTINCT device_id FROM telemetry_command WHERE state = 'queued'"
_CLAIM = """
    UPDATE telemetry_command SET state = 'sent', sent_at = %(now)s, attempts = attempts + 1
    WHERE id = (SELECT id FROM telemetry_command
                WHERE device_id = %(device)s AND state = 'queued' AND expires_at > %(now)s
                ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, text"""
_RETURN = "UPDATE telemetry_command SET state = 'queued', sent_at = NULL WHERE id = %s AND state = 'sent'"
_REFUSED = "UPDATE telemetry_command SET state = 'expired', done_at = %s WHERE id = %s AND state = 'sent'"
_ANSWERED = """
    UPDATE telemetry_command SET state = 'answered', done_at = %s, reply = %s
    WHERE id = %s AND state IN ('sent', 'expired')"""
_EXPIRE = """
    UPDATE telemetry_command SET state = 'expired', done_at = %(now)s
    WHERE state IN ('queued', 'sent') AND expires_at <= %(now)s"""


class InFlight(NamedTuple):
    """The command that a connection waits for the answer of."""

    id: int
    sent_s: float

    @property
    def number(self) -> int:
        """What the device is asked to repeat."""
        return self.id & 0x7FFFFFFF


class Commands:
    """``run`` for as long as the gateway does; sessions call ``arrived`` and ``answered``."""

    def __init__(self, conninfo: str, gateway: Gateway) -> None:
        self._conninfo, self._gateway = conninfo, gateway
        self._waiting: set[int] = set()
        self._work: asyncio.Queue[Callable[[psycopg.AsyncConnection], Awaitable[None]]] = asyncio.Queue()

    async def run(self) -> None:
        """Listen, send and tidy up; everything again after a lost connection."""
        while True:
            try:
                async with await self._connect() as notices, await self._connect() as connection:
                    await notices.execute(f"LISTEN {CHANNEL}")
                    rows = await (await connection.execute(_WAITING)).fetchall()
                    self._waiting |= {row[0] for row in rows}
                    await self._serve(notices, connection)
            except* psycopg.Error as errors:
                log.warning("gateway.commands_disconnected", error=type(errors.exceptions[0]).__name__)
            await asyncio.sleep(_RETRY_S)

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)

    async def _serve(self, notices: psycopg.AsyncConnection, connection: psycopg.AsyncConnection) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear(notices))
            group.create_task(self._tidy())
            for device in list(self._waiting):
                self._look(device)
            while True:
                await (await self._work.get())(connection)

    async def _hear(self, notices: psycopg.AsyncConnection) -> None:
        async for notice in notices.notifies():
            self._waiting.add(int(notice.payload))
            self._look(int(notice.payload))
        raise psycopg.OperationalError("the connection has ended")

    async def _tidy(self) -> None:
        while True:
            now = self._gateway.now()
            for session in self._sessions():
                if session.command is not None and now - session.command.sent_s > _ANSWER_WITHIN_S:
                    session.command = None
                    self.arrived(session)
            self._work.put_nowait(self._expire)
            await asyncio.sleep(_TIDY_EVERY_S)

    async def _expire(self, connection: psycopg.AsyncConnection) -> None:
        await connection.execute(_EXPIRE, {"now": clock.now()})

    def _sessions(self) -> list[StreamSession]:
        return [one for one in self._gateway.sessions if getattr(one, "commandable", None) is not None]  # type: ignore[misc]

    def _look(self, device: int) -> None:
        """Something waits for a device: send it if the device is here."""
        for session in self._sessions():
            if session.device is not None and session.device.id == device:
                self.arrived(session)
                return

    def arrived(self, session: StreamSession) -> None:
        """A device can be told something: it introduced itself, or has answered what came before."""
        if session.device is not None and session.device.id in self._waiting and session.command is None:
            self._work.put_nowait(lambda connection: self._send(connection, session))

    async def _send(self, connection: psycopg.AsyncConnection, session: StreamSession) -> None:
        device = session.device
        if device is None or session.closed or session.command is not None or session.commandable is None:
            return
        claim = {"now": clock.now(), "device": device.id}
        row = await (await connection.execute(_CLAIM, claim)).fetchone()
        if row is None:
            self._waiting.discard(device.id)
            return
        number, text = row
        if session.closed:
            await connection.execute(_RETURN, (number,))
            return
        session.command = InFlight(number, self._gateway.now())
        try:
            session.write(session.commandable.command(text, session.command.number))
        except CodecError:
            session.command = None
            await connection.execute(_REFUSED, (clock.now(), number))
            self.arrived(session)

    def answered(self, session: StreamSession, answer: Answer) -> None:
        """A device said what came of a command; one that is not the present command's is told by its number only."""
        flight = session.command
        if flight is None or answer.number not in (None, 0, flight.number):
            return
        session.command = None
        text = answer.text.replace("\0", "")[:REPLY_MOST]
        self._work.put_nowait(lambda connection: self._note(connection, flight.id, text))
        self.arrived(session)

    async def _note(self, connection: psycopg.AsyncConnection, number: int, reply: str) -> None:
        await connection.execute(_ANSWERED, (clock.now(), reply, number))
