"""The sending side of ``bench ingest``: many simulated trackers in a process of their own.

Reads one JSON command on standard input, prints ``ready`` when its frames are made, starts at the next line,
and prints one JSON result. Times are of the machine's monotonic clock, which all processes share.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from typing import Any

import uvloop

from allconnects.bench.frames import frames, imei


class Tracker(asyncio.Protocol):
    """One connection: logs in, sends frames, and takes an answer for each before the next.

    ``sent``: per frame (monotonic time sent, time answered or None).
    """

    def __init__(self, device: int, load: list[bytes], hurry: bool) -> None:
        self.device, self.load, self.hurry = device, load, hurry
        self.next = self.answered = 0
        self.sent: list[float] = []
        self.times: list[float] = []
        self.ready = asyncio.get_running_loop().create_future()
        self.running = False
        self.queued = 0
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Log in."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(b"\0\x0f" + imei(self.device).encode())

    def data_received(self, data: bytes) -> None:
        """The answer to the login, then one of four bytes for every frame."""
        if not self.ready.done():
            self.ready.set_result(data[:1] == b"\1")
            data = data[1:]
        self.rest += data
        while len(self.rest) >= 4:
            self.rest = self.rest[4:]
            self.answered += 1
            self.times.append(time.monotonic())
            if self.running and (self.hurry or self.queued):
                self.queued = max(0, self.queued - 1)
                self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol names it
        """A lost connection before the end is a failed run: the counts show it."""
        if not self.ready.done():
            self.ready.set_result(False)

    def go(self) -> None:
        """Send the next frame, or as soon as the one before is answered."""
        if self.answered < len(self.sent):
            self.queued += 1
        else:
            self._send()

    def _send(self) -> None:
        if self.next < len(self.load):
            self.sent.append(time.monotonic())
            self.transport.write(self.load[self.next])
            self.next += 1


async def _connect(port: int, tracker: Tracker) -> Tracker:
    await asyncio.get_running_loop().create_connection(lambda: tracker, "127.0.0.1", port)
    await tracker.ready
    return tracker


async def _connect_all(port: int, trackers: list[Tracker]) -> None:
    for start in range(0, len(trackers), 200):
        await asyncio.gather(*(_connect(port, t) for t in trackers[start : start + 200]))


async def run(command: dict[str, Any]) -> dict[str, Any]:
    """Carry out one command: ``flood``, ``pace`` or ``idle``. With ``acks`` a paced one ends at the next line, and its
    result has when each answered frame was sent and the ms that its answer took."""
    devices, first = command["devices"], command.get("first", 0)
    size = command.get("records", 10)
    load = {
        d: frames(d, command.get("frames", 0), command.get("start_ms", 0), command.get("seed", 1), size)
        for d in range(first, first + devices)
    }
    flood = command["mode"] == "flood"
    trackers = [Tracker(d, load[d], flood) for d in load]
    await _connect_all(command["port"], trackers)
    _say("ready")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    if command["mode"] == "idle":
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        return {"connected": sum(t.ready.result() for t in trackers)}
    started = time.monotonic()
    for tracker in trackers:
        tracker.running = True
    if flood:
        for tracker in trackers:
            tracker.go()
        await asyncio.sleep(command["seconds"])
    else:
        told = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline) if command.get("acks") else None
        await _pace(trackers, command["rate"] / size, command["seconds"], told)
    ended = time.monotonic()
    for tracker in trackers:
        tracker.running = False
    await asyncio.sleep(1.0)
    result = _result(trackers, started, ended, size, detail=not flood and not command.get("acks"))
    if command.get("acks"):
        result["acks"] = [(s, (a - s) * 1000) for t in trackers for s, a in zip(t.sent, t.times, strict=False)]
    return result


async def _pace(
    trackers: list[Tracker], frames_per_s: float, seconds: float, told: asyncio.Future[str] | None = None
) -> None:
    """Send at a steady rate whatever the answers do, one tracker after the other, until a line says to stop."""
    started, done = time.monotonic(), 0
    while (elapsed := time.monotonic() - started) < seconds and not (told and told.done()):
        due = int(elapsed * frames_per_s)
        while done < due:
            trackers[done % len(trackers)].go()
            done += 1
        await asyncio.sleep(0.002)


def _result(trackers: list[Tracker], started: float, ended: float, size: int, *, detail: bool) -> dict[str, Any]:
    inside = sum(1 for t in trackers for at in t.times if at <= ended)
    waits = sorted((a - s) * 1000 for t in trackers for s, a in zip(t.sent, t.times, strict=False))
    result: dict[str, Any] = {
        "positions_per_s": inside * size / (ended - started),
        "frames": sum(t.answered for t in trackers),
        "unanswered": sum(len(t.sent) - t.answered for t in trackers),
        "exhausted": sum(t.next >= len(t.load) for t in trackers),
        "ack_p50_ms": _quantile(waits, 0.50),
        "ack_p99_ms": _quantile(waits, 0.99),
    }
    if detail:
        result["sent"] = {t.device: t.sent for t in trackers}
    return result


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """One command, one result."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    _say(json.dumps(uvloop.run(run(json.loads(sys.stdin.readline())))))


if __name__ == "__main__":
    main()
