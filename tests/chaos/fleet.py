"""Two hundred trackers that send again what was not acknowledged, and remember what was."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from allconnects.kit import clock
from tests.telemetry.gateway.running import HOST, login, packet
from tests.waiting import PATIENCE_S

ANSWER_S = 20.0


@dataclass
class Tracker:
    """``waiting``: fix times in ms that nobody has acknowledged; ``acknowledged``: the others."""

    imei: str
    random: random.Random
    waiting: list[int] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    connections: int = 0

    def measure(self) -> None:
        """One more fix; times of a tracker never repeat."""
        last = (self.waiting or self.acknowledged or [0])[-1]
        self.waiting.append(max(clock.now_ms(), last + 1))

    async def run(self, port: int) -> None:
        """Send for ever; whatever breaks, connect again and send what is not acknowledged."""
        while True:
            try:
                await self._session(port)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                await asyncio.sleep(0.2 + self.random.random() * 0.5)

    async def _session(self, port: int) -> None:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(HOST, port), ANSWER_S)
        try:
            writer.write(login(self.imei))
            if await asyncio.wait_for(reader.readexactly(1), ANSWER_S) != b"\x01":
                raise ConnectionError("refused")
            self.connections += 1
            while True:
                await self._send(reader, writer)
        finally:
            writer.close()

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A packet of some of what waits: after a break it is often cut in other pieces than before."""
        self.measure()
        chosen = self.waiting[: self.random.randint(1, 12)]
        writer.write(packet(chosen))
        answer = await asyncio.wait_for(reader.readexactly(4), ANSWER_S)
        if int.from_bytes(answer, "big") != len(chosen):
            raise ConnectionError("another number was acknowledged than sent")
        self.acknowledged += chosen
        del self.waiting[: len(chosen)]
        if not self.waiting:
            await asyncio.sleep(0.3 + self.random.random() * 0.4)


class Fleet:
    """All trackers on one event loop in a thread of their own."""

    def __init__(self, imeis: Sequence[str], port: int, seed: int) -> None:
        self.trackers = [Tracker(imei, random.Random(f"{seed} {imei}")) for imei in imeis]
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),), daemon=True)
        self._stop = asyncio.Event()

    @property
    def acknowledged(self) -> int:
        """How many positions of all were acknowledged."""
        return sum(len(tracker.acknowledged) for tracker in self.trackers)

    def progress(self) -> list[int]:
        """Acknowledged positions of each."""
        return [len(tracker.acknowledged) for tracker in self.trackers]

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """End all connections."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)

    async def _run(self) -> None:
        tasks = [asyncio.create_task(tracker.run(self._port)) for tracker in self.trackers]
        await self._stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
