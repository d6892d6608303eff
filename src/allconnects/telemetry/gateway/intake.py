"""The gateway's one way into the store: what sessions hand in is written in group commits, then answered.

Sessions hand in on the event loop; a few writer threads decode, write and commit; the answers go out on the
loop again. While the database is away batches wait, sockets stop being read, and nothing is answered.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import psycopg
import structlog

from allconnects.kit import clock
from allconnects.telemetry.codecs.base import Message
from allconnects.telemetry.gateway import metrics
from allconnects.telemetry.gateway.assemble import Assembled, assemble
from allconnects.telemetry.gateway.directory import DeviceRef
from allconnects.telemetry.store.gate import GateMoved, read_gates
from allconnects.telemetry.store.hot import DeviceGone, HotWriter, Latest

log = structlog.get_logger()
T = TypeVar("T")

COMMIT_EVERY_S = 0.02
"""How long the first message of a batch may wait for company."""
BATCH_BYTES = 600_000
"""What one commit takes at most, so that one writer decodes while the database works for the other."""
EAGER_BYTES = 200_000
"""So much waiting is company enough: a free writer starts at once."""
CATCH_UP_EVERY_S = 1.0
CLOSE_PATIENCE_S = 5.0
"""How long a database that does not answer is waited for at the end: the supervisor kills what takes longer."""
PAUSE_BYTES = 8_000_000
RESUME_BYTES = 4_000_000
WRITERS = 2
MOST_TURNS = 20
"""A message in which a switch turns more often than that is written without its later turns' ends."""
WRITER_NAME = "writer"
_UNSTORABLE = (psycopg.DataError, ValueError, ArithmeticError, LookupError, TypeError)
_RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0)


class Sender(Protocol):
    """Whoever hands in and waits for the answer: a connection."""

    busy: bool

    def answer(self, reply: bytes) -> None:
        """The data is durable: send this."""
        ...

    def give_up(self) -> None:
        """The data cannot be stored, ever: end the connection without an answer."""
        ...

    def pause(self) -> None:
        """Stop reading."""
        ...

    def resume(self) -> None:
        """Read on."""
        ...


@dataclass(slots=True)
class Item:
    """One message with data. ``frame``: a Teltonika frame still to be decoded; else ``message``."""

    sender: Sender
    device: DeviceRef
    frame: bytes | None
    message: Message | None
    size: int


@dataclass(slots=True)
class Work:
    """What one writer takes: messages, devices heard without data, small notes for the database."""

    items: list[Item] = field(default_factory=list)
    heard: set[DeviceRef] = field(default_factory=set)
    behind: set[int] = field(default_factory=set)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    events: list[tuple[DeviceRef, str]] = field(default_factory=list)


class Intake:
    """Collects, writes, answers. All methods but ``_write*`` run on the event loop.

    A sender has at most one batch in flight; what it sends meanwhile is held, in order, and looked at once.
    """

    def __init__(self, conninfo: str, on_latest: Callable[[Latest], None]) -> None:
        self._on_latest = on_latest
        self._waiting: deque[Item] = deque()
        self._notes = Work()
        self._behind: set[int] = set()
        self._caught_up_s = 0.0
        self._held: defaultdict[Sender, list[Item]] = defaultdict(list)
        self._bytes = 0
        self._total_bytes = 0
        self._paused: set[Sender] = set()
        self._free = [HotWriter(conninfo) for _ in range(WRITERS)]
        self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix=WRITER_NAME)
        self._closing = threading.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._catch_up: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def full(self) -> bool:
        """Whether more is waiting than may wait."""
        return self._total_bytes > PAUSE_BYTES

    def add(self, sender: Sender, device: DeviceRef, frame: bytes | None, message: Message | None, size: int) -> None:
        """Hand in a message with data; its sender is answered after the commit."""
        self._waiting.append(Item(sender, device, frame, message, size))
        self._bytes += size
        self._total_bytes += size
        if self.full:
            sender.pause()
            self._paused.add(sender)
        self._schedule()

    def heard(self, device: DeviceRef) -> None:
        """A device gave a sign of life without data."""
        self._notes.heard.add(device)
        self._schedule()

    def unknown(self, protocol: str, identifier: str) -> None:
        """A device called that nobody has registered."""
        if len(self._notes.unknown) < 1000:
            self._notes.unknown.add((protocol, identifier))
            self._schedule()

    def event(self, device: DeviceRef, kind: str) -> None:
        """Something happened to a device that its organisation should know."""
        self._notes.events.append((device, kind))
        self._schedule()

    def forget(self, sender: Sender) -> None:
        """A connection is gone; what it handed in is still written."""
        self._paused.discard(sender)

    async def prepare(self) -> None:
        """Before the first connection: live state that a crash left behind is brought up to date."""
        writer = self._free[0]
        await self._loop.run_in_executor(self._pool, self._persist, writer.catch_up)

    async def close(self) -> None:
        """Write what is waiting if the database answers, then stop."""
        try:
            await asyncio.wait_for(self._idle.wait(), CLOSE_PATIENCE_S)
        except TimeoutError:
            log.warning("gateway.closed_with_unwritten_data")
        self._closing.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _schedule(self) -> None:
        self._idle.clear()
        if not self._free:
            return
        if self._bytes >= EAGER_BYTES:
            self._start()
        elif self._timer is None:
            self._timer = self._loop.call_later(COMMIT_EVERY_S, self._start)

    def _catch_up_later(self) -> None:
        if self._catch_up is None:
            self._catch_up = self._loop.call_later(CATCH_UP_EVERY_S, self._start)

    def _start(self) -> None:
        for timer in (self._timer, self._catch_up):
            if timer is not None:
                timer.cancel()
        self._timer = self._catch_up = None
        while self._free:
            work = self._take()
            if work is None:
                break
            writer = self._free.pop()
            size = sum(item.size for item in work.items)
            future = self._loop.run_in_executor(self._pool, self._write, writer, work)
            future.add_done_callback(lambda done, w=writer, k=work, s=size: self._done(done, w, k, s))  # type: ignore[misc]

    def _take(self) -> Work | None:
        """Messages for one commit; those of senders that have a batch in flight are held until it is done."""
        work, size = Work(), 0
        while self._waiting and size < BATCH_BYTES:
            item = self._waiting.popleft()
            self._bytes -= item.size
            if item.sender.busy:
                self._held[item.sender].append(item)
                continue
            work.items.append(item)
            size += item.size
        for item in work.items:
            item.sender.busy = True
        notes, self._notes = self._notes, Work()
        work.heard, work.unknown, work.events = notes.heard, notes.unknown, notes.events
        if self._behind and self._loop.time() - self._caught_up_s >= CATCH_UP_EVERY_S:
            self._caught_up_s = self._loop.time()
            work.behind, self._behind = self._behind, set()
        metrics.pending.set(self._total_bytes)
        return work if work.items or work.heard or work.unknown or work.events or work.behind else None

    def _done(self, future: asyncio.Future[list[Assembled]], writer: HotWriter, work: Work, size: int) -> None:
        self._free.append(writer)
        self._total_bytes -= size
        if self._closing.is_set() or future.cancelled():
            return
        for item in work.items:
            item.sender.busy = False
        for sender in {item.sender for item in work.items}:
            held = self._held.pop(sender, [])
            self._waiting.extendleft(reversed(held))
            self._bytes += sum(item.size for item in held)
        if (error := future.exception()) is not None:
            log.error("gateway.batch_failed", error=type(error).__name__)
            self._answer(Assembled.failed(work.items))
        else:
            for done in future.result():
                self._answer(done)
        if self._total_bytes < RESUME_BYTES:
            self._resume_all()
        if self._waiting or self._notes.heard or self._notes.unknown or self._notes.events:
            self._schedule()
        elif self._behind:
            self._catch_up_later()
        elif len(self._free) == WRITERS:
            self._idle.set()

    def _answer(self, done: Assembled) -> None:
        """Whoever sent something damaged hears nothing: it would take the next answer for that of the damaged one."""
        for item in done.damaged:
            metrics.refused.labels("damaged").inc()
            item.sender.give_up()
        for item, reply in done.replies:
            item.sender.answer(reply)
        self._behind.update(done.behind)
        self._behind -= done.batch.due
        if done.latest is not None:
            self._on_latest(done.latest)

    def _resume_all(self) -> None:
        paused, self._paused = self._paused, set()
        for sender in paused:
            sender.resume()

    def _write(self, writer: HotWriter, work: Work) -> list[Assembled]:
        """In a writer thread: until it is durable or the gateway ends."""
        result = self._write_items(writer, work.items, work.heard)
        try:
            self._persist(lambda: _write_notes(writer, work.unknown, work.events))
        except _UNSTORABLE:
            log.error("gateway.note_not_storable")
        if work.behind:
            self._persist(lambda: writer.catch_up(sorted(work.behind)))
        return result

    def _write_items(self, writer: HotWriter, items: list[Item], heard: Iterable[DeviceRef]) -> list[Assembled]:
        started = time.monotonic()
        try:
            assembled = self._persist(lambda: self._store(writer, items, heard))
        except DeviceGone as error:
            for device in (*(item.device for item in items), *heard):
                if device.id in error.devices:
                    device.organisation = 0
            return self._write_items(writer, items, heard)
        except GateMoved as error:
            for device in {item.device for item in items} | set(heard):
                device.gate = error.gates.get(device.id, device.gate)
            return self._write_items(writer, items, heard)
        except _UNSTORABLE:
            return self._split(writer, items, heard)
        metrics.commits.observe(time.monotonic() - started)
        return [] if assembled is None else [assembled]

    def _store(self, writer: HotWriter, items: list[Item], heard: Iterable[DeviceRef]) -> Assembled:
        """One attempt, with its own time of receipt: after a long outage the old day's leaf may be gone."""
        assembled = assemble(items, heard, clock.now_ms())
        for _ in range(MOST_TURNS):
            if not assembled.turns:
                break
            _switch(writer, assembled, items)
            assembled = assemble(items, heard, clock.now_ms())
        if assembled.batch.gates:
            assembled.latest = writer.write(assembled.batch)
            assembled.remember()
            metrics.positions.inc(assembled.count)
        if assembled.crashes:
            _note_crashes(writer, assembled)
        return assembled

    def _split(self, writer: HotWriter, items: list[Item], heard: Iterable[DeviceRef]) -> list[Assembled]:
        """One message holds what cannot be stored: find it, so that it harms only its sender."""
        if len(items) <= 1:
            log.error("gateway.message_not_storable", protocol=items[0].device.protocol if items else "")
            return [Assembled.failed(items)]
        middle = len(items) // 2
        return self._write_items(writer, items[:middle], heard) + self._write_items(writer, items[middle:], ())

    def _persist(self, action: Callable[[], T]) -> T | None:
        """Do it, again and again while the database is away; None when the gateway ends before that.

        What can never be stored is for the caller.
        """
        attempt = 0
        while not self._closing.is_set():
            try:
                result = action()
                metrics.database.set(1)
                return result
            except psycopg.DataError:
                raise
            except psycopg.Error as error:
                metrics.database.set(0)
                log.warning("gateway.database_away", error=type(error).__name__, attempt=attempt)
                self._closing.wait(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
                attempt += 1
        return None


_SWITCH = "SELECT telemetry_switch_private(%s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0))"
_CRASH = """
    INSERT INTO telemetry_event (organisation_id, device_id, kind, at)
    SELECT %(organisation)s, d.id, 'crash', to_timestamp(%(at)s / 1000.0) FROM telemetry_device d
    WHERE d.id = %(device)s AND d.organisation_id = %(organisation)s"""


def _switch(writer: HotWriter, assembled: Assembled, items: list[Item]) -> None:
    """Private time that switches began or ended, before what came with them is written; then with the new gates."""
    connection = writer.connection()
    turned = {turn.device for turn in assembled.turns}
    with connection.transaction():
        for turn in assembled.turns:
            connection.execute(_SWITCH, (turn.organisation, turn.device, turn.on, turn.since_ms, turn.until_ms))
    with connection.transaction():
        gates = read_gates(connection, turned)
    for device in {item.device for item in items if item.device.id in turned}:
        device.gate = gates.get(device.id, device.gate)


def _note_crashes(writer: HotWriter, assembled: Assembled) -> None:
    """That there was a crash, not where: from then on the device is recorded (``fleet.private.exceptions``)."""
    connection = writer.connection()
    with connection.transaction():
        for one in assembled.crashes:
            connection.execute(_CRASH, {"organisation": one.organisation, "device": one.device, "at": one.at_ms})


_NOTE_UNKNOWN = """
    INSERT INTO telemetry_unknowndevice AS u (protocol, identifier, first_seen, last_seen, attempts)
    SELECT %s, %s, now(), now(), 1
    WHERE (SELECT count(*) FROM telemetry_unknowndevice) < 1000
       OR EXISTS (SELECT FROM telemetry_unknowndevice WHERE protocol = %s AND identifier = %s)
    ON CONFLICT (protocol, identifier) DO UPDATE SET last_seen = now(), attempts = u.attempts + 1"""
_NOTE_EVENT = """
    INSERT INTO telemetry_event (organisation_id, device_id, kind, at)
    SELECT organisation_id, id, %s, now() FROM telemetry_device WHERE organisation_id = %s AND id = %s"""


def _write_notes(writer: HotWriter, unknown: set[tuple[str, str]], events: list[tuple[DeviceRef, str]]) -> None:
    """Unknown devices (at most 1,000 are listed) and events."""
    if not unknown and not events:
        return
    connection = writer.connection()
    with connection.transaction():
        for protocol, identifier in sorted(unknown):
            connection.execute(_NOTE_UNKNOWN, (protocol, identifier, protocol, identifier))
        for device, kind in events:
            connection.execute(_NOTE_EVENT, (kind, device.organisation, device.id))
