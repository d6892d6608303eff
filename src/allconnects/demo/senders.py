"""How simulated devices deliver: a bounded memory, one connection, and nothing forgotten before it is acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from allconnects.demo import gt06, phone, teltonika
from allconnects.demo.devices import DemoDevice
from allconnects.demo.movement import Fix
from allconnects.kit import clock

MEMORY = 2_000
ANSWER_S = 30.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0

_DELAYED_MS = 60_000
_LONGEST_ANSWER = 4096


class Refused(Exception):
    """The server did not take what was sent; it is sent again later."""


class Outbox:
    """The memory of a tracker: what is not acknowledged yet, oldest first; the oldest goes when it is full."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._fixes: deque[Fix] = deque(maxlen=memory)
        self._filled = asyncio.Event()
        self.delivered = 0

    def __len__(self) -> int:
        return len(self._fixes)

    def add(self, fix: Fix) -> None:
        """Keep a fix until it is delivered."""
        self._fixes.append(fix)
        self._filled.set()

    async def oldest(self, most: int, patience_s: float | None = None) -> list[Fix]:
        """The oldest fixes, at most ``most``; waits for one, at most ``patience_s`` (then the list is empty)."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._filled.wait(), patience_s)
        return [self._fixes[index] for index in range(min(most, len(self._fixes)))]

    def drop_to(self, last: Fix) -> None:
        """Forget everything up to and with this fix: it is delivered."""
        while self._fixes and self._fixes[0].number <= last.number:
            self._fixes.popleft()
            self.delivered += 1
        if not self._fixes:
            self._filled.clear()


class Sender:
    """Delivers the outbox of one device to its port, over one connection at a time, until cancelled."""

    def __init__(self, device: DemoDevice, host: str, port: int, outbox: Outbox) -> None:
        self.connected = False
        self._device = device
        self._host = host
        self._port = port
        self._outbox = outbox
        self._deliver = {
            "teltonika": self._teltonika,
            "gt06": self._gt06,
            "osmand": self._osmand,
            "owntracks": self._owntracks,
        }[device.protocol]

    async def run(self) -> None:
        """Connect, deliver, and after a failure try again: soon, then ever later."""
        pause = FIRST_PAUSE_S
        while True:
            delivered = self._outbox.delivered
            try:
                await self._once()
            except (OSError, EOFError, TimeoutError, Refused):
                pause = FIRST_PAUSE_S if self._outbox.delivered > delivered else min(2 * pause, LONGEST_PAUSE_S)
            finally:
                self.connected = False
            await asyncio.sleep(pause)

    async def _once(self) -> None:
        if self._device.protocol in ("osmand", "owntracks"):
            # An app connects when it has something to say; a tracker keeps its line open.
            await self._outbox.oldest(1)
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=_LONGEST_ANSWER)
        try:
            await self._deliver(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes, size: int) -> bytes:
        """Send and wait for an answer of ``size`` bytes."""
        async with asyncio.timeout(ANSWER_S):
            writer.write(data)
            await writer.drain()
            return await reader.readexactly(size)

    async def _teltonika(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = await self._ask(reader, writer, teltonika.login(self._device.identifier), 1)
        if answer != teltonika.ACCEPTED:
            raise Refused
        self.connected = True
        while fixes := await self._outbox.oldest(teltonika.MOST_RECORDS):
            taken = int.from_bytes(await self._ask(reader, writer, teltonika.packet(fixes), 4), "big")
            if taken != len(fixes):
                raise Refused
            self._outbox.drop_to(fixes[-1])

    async def _gt06(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serial = 1

        async def confirmed(data: bytes) -> None:
            nonlocal serial
            reply = await self._ask(reader, writer, data, gt06.REPLY_LENGTH)
            if gt06.reply_serial(reply) != serial:
                raise Refused
            serial = serial % 0xFFFF + 1

        await confirmed(gt06.login(self._device.identifier, serial))
        self.connected = True
        last: Fix | None = None
        while True:
            fixes = await self._outbox.oldest(1, gt06.HEARTBEAT_S)
            if fixes:
                last = fixes[0]
                delayed = clock.now_ms() - last.time_ms > _DELAYED_MS
                await confirmed(gt06.location(last, serial, delayed=delayed))
                self._outbox.drop_to(last)
            elif last is not None:
                await confirmed(gt06.heartbeat(last, serial))

    async def _osmand(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._requests(reader, writer, phone.osmand_request)

    async def _owntracks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._requests(reader, writer, phone.owntracks_request)

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        build: Callable[[DemoDevice, str, Fix], bytes],
    ) -> None:
        self.connected = True
        while fixes := await self._outbox.oldest(1):
            async with asyncio.timeout(ANSWER_S):
                writer.write(build(self._device, f"{self._host}:{self._port}", fixes[0]))
                await writer.drain()
                status = await read_status(reader)
            if not 200 <= status < 300:
                raise Refused
            self._outbox.drop_to(fixes[0])


async def read_status(reader: asyncio.StreamReader) -> int:
    """The status of one HTTP response, read to its end. Raises Refused where it is none or too long."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ", 2)[1])
        named = (line.partition(":") for line in head[1:])
        lengths = [int(value) for name, _, value in named if name.strip().lower() == "content-length"]
    except (asyncio.LimitOverrunError, ValueError, IndexError):
        raise Refused from None
    if not lengths or not 0 <= lengths[0] <= _LONGEST_ANSWER:
        raise Refused
    await reader.readexactly(lengths[0])
    return status
