"""One connection each: bytes to frames to messages, who sends them, and what it hears back.

A session only moves bytes and decides who may speak; decoding belongs to the codec, storing to the intake.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from allconnects.kit import clock
from allconnects.kit.networks import Networks
from allconnects.telemetry.codecs.base import Codec, CodecError, Commandable, Decoder, Message
from allconnects.telemetry.gateway import metrics
from allconnects.telemetry.gateway.commands import Commands, InFlight
from allconnects.telemetry.gateway.directory import DeviceRef, Directory
from allconnects.telemetry.gateway.intake import Intake
from allconnects.telemetry.gateway.limits import ConnectionLimits
from allconnects.telemetry.gateway.presence import heard_from
from allconnects.telemetry.store import teltonika

_PIPELINE = 64
"""So many requests of one connection may wait for their turn; then it is not read until they are served."""
OPTIONS: dict[str, Any] = {"now": clock.now_ms}
"""What decoders may ask: the time, for devices that set their clock by the server."""
WARN_EVERY_S = 3600.0
_INTAKE_FULL, PEER_DEAF, QUEUE_LONG = 1, 2, 4
"""Why a connection is not read: too much is waiting, its answers are not taken, its requests wait in line."""
_POSITION_BYTES = 1000
"""What a decoded position takes in memory, whatever its message took on the wire."""


def weight(message: Message, size: int) -> int:
    """What a decoded message of ``size`` bytes counts for, where what waits is bounded."""
    return size + _POSITION_BYTES * len(message.positions)


@dataclass(slots=True)
class Gateway:
    """What all sessions share."""

    directory: Directory
    intake: Intake
    limits: ConnectionLimits
    idle_timeout_s: float
    frame_timeout_s: float
    plain_from: Networks
    sessions: set[Session] = field(default_factory=set)
    warned_s: dict[tuple[int, str], float] = field(default_factory=dict)
    now: Callable[[], float] = time.monotonic
    commands: Commands | None = None

    def device_of(self, protocol: str, message: Message) -> DeviceRef | None:
        """The device that a message names, if it is registered and its secret is right."""
        device = self.directory.find(message.device_ids)
        if device is None:
            metrics.refused.labels("unknown").inc()
            self._list(protocol, message.device_ids[0][:100])
        elif not device.admits(message.secret):
            metrics.refused.labels("secret").inc()
            self.event(device, "wrong_secret")
            return None
        else:
            device.sure = False
        return device

    def _list(self, protocol: str, identifier: str) -> None:
        """Show a caller to whoever may accept it; what no device calls itself is not kept."""
        if identifier.isprintable():
            self.intake.unknown(protocol, identifier)

    def event(self, device: DeviceRef, kind: str) -> None:
        """Raise an event, at most one an hour for a wrong secret or a limit of one device."""
        now = self.now()
        if now - self.warned_s.get((device.id, kind), float("-inf")) >= WARN_EVERY_S:
            self.warned_s[device.id, kind] = now
            self.intake.event(device, kind)

    def hear(self, device: DeviceRef, address: str) -> None:
        """Note where a device speaks from."""
        if device.address is not address and heard_from(device, address, self.now()):
            self.intake.event(device, "seen_twice")

    def sweep(self) -> None:
        """End what has been silent, or has not finished a message or named itself, for too long."""
        now = self.now()
        for session in [s for s in self.sessions if s.overdue(now)]:
            metrics.refused.labels("timeout").inc()
            session.abort()


class Session(asyncio.Protocol):
    """What connections of every protocol have in common."""

    __slots__ = (
        "address", "busy", "closed", "counted", "deaf_s", "device", "ending", "gateway", "held", "last_s",
        "opened_s", "partial_s", "protocol_name", "transport", "unanswered",
    )  # fmt: skip

    def __init__(self, gateway: Gateway, protocol_name: str) -> None:
        self.gateway = gateway
        self.protocol_name = protocol_name
        self.device: DeviceRef | None = None
        self.counted: int | None = None
        self.address = ""
        self.busy = self.closed = self.ending = False
        self.held = self.unanswered = 0
        self.transport: asyncio.Transport | None = None
        self.opened_s = self.last_s = self.deaf_s = gateway.now()
        self.partial_s: float | None = self.opened_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admitted, or closed at once: without TLS from a place where that may not be, or a limit is reached."""
        self.transport = transport  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if peer else ""
        secure = bool(transport.get_extra_info("sslcontext"))
        if not secure and self.address not in self.gateway.plain_from:
            metrics.refused.labels("plain").inc()
            self.abort()
            return
        if not self.gateway.limits.admit(self.address):
            metrics.refused.labels("limit").inc()
            self.abort()
            return
        self.gateway.sessions.add(self)
        metrics.connections.labels(self.protocol_name).inc()
        metrics.sessions.labels("tls" if secure else "plain").inc()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """What was handed in is still written; nobody hears of it."""
        if self not in self.gateway.sessions:
            return
        self.closed = True
        self.gateway.sessions.discard(self)
        self.gateway.limits.release(self.address, self.counted)
        self.gateway.intake.forget(self)
        metrics.connections.labels(self.protocol_name).dec()

    def eof_received(self) -> bool:
        """A device that has sent all it had may close its side and still wait for the answer."""
        self.partial_s = None
        self.ending = True
        return self.waiting and self.transport is not None and not self.transport.get_extra_info("sslcontext")

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self.unanswered > 0

    def submit(self, device: DeviceRef, frame: bytes | None, message: Message | None, size: int) -> None:
        """Hand data to the intake; ``answer`` or ``give_up`` follows."""
        self.unanswered += 1
        self.gateway.intake.add(self, device, frame, message, size)

    def overdue(self, now: float) -> bool:
        """Whether this connection has used up its patience; one that waits for the database has not."""
        patience = self.gateway.frame_timeout_s
        if self.closed:
            return now - self.last_s > patience
        if self.held & PEER_DEAF and now - self.deaf_s > patience:
            return True
        if self.unanswered or self.held:
            return False
        if self.partial_s is not None and now - self.partial_s > patience:
            return True
        return now - self.last_s > self.gateway.idle_timeout_s

    def identify(self, message: Message) -> DeviceRef | None:
        """The device that speaks, counted against its organisation; None means refused."""
        device = self.gateway.device_of(self.protocol_name, message)
        if device is None or (self.counted != device.organisation and not self._count(device)):
            return None
        return device

    def _count(self, device: DeviceRef) -> bool:
        """Count this connection for the organisation that speaks; behind a proxy that may change."""
        limits = self.gateway.limits
        if not limits.admit_organisation(device.organisation):
            metrics.refused.labels("organisation_limit").inc()
            self.gateway.event(device, "limit")
            return False
        if self.counted is not None:
            limits.release_organisation(self.counted)
        self.counted = device.organisation
        return True

    def answer(self, reply: bytes) -> None:
        """The data of a message is durable."""
        self.unanswered -= 1
        self.write(reply)
        if self.ending and not self.unanswered:
            self.close()

    def write(self, data: bytes) -> None:
        """Send, if anybody still listens."""
        if data and not self.closed and self.transport is not None:
            self.transport.write(data)

    def give_up(self) -> None:
        """End without an answer: the device keeps what it sent."""
        self.close()

    def pause(self) -> None:
        """Stop reading: too much is waiting."""
        self.hold(_INTAKE_FULL)

    def resume(self) -> None:
        """Read on."""
        self.let_go(_INTAKE_FULL)

    def pause_writing(self) -> None:
        """Whoever does not take its answers is not asked for more."""
        self.deaf_s = self.gateway.now()
        self.hold(PEER_DEAF)

    def resume_writing(self) -> None:
        """The answers were taken."""
        self.let_go(PEER_DEAF)

    def hold(self, reason: int) -> None:
        """Do not read while this reason lasts."""
        if not self.held and not self.closed and self.transport is not None:
            self.transport.pause_reading()
        self.held |= reason

    def let_go(self, reason: int) -> None:
        """Read on unless there is another reason not to."""
        if not self.held & reason:
            return
        self.held &= ~reason
        self.last_s = self.gateway.now()
        if not self.held and not self.closed and self.transport is not None:
            self.transport.resume_reading()

    def close(self) -> None:
        """Send what is written, then end."""
        self.closed = True
        self.last_s = self.gateway.now()
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """End at once."""
        self.closed = True
        if self.transport is not None:
            self.transport.abort()


class StreamSession(Session):
    """A connection of a codec with frames.

    ``commandable``: the codec, where its devices can be told something; ``command``: what awaits its answer.
    """

    __slots__ = ("buffer", "codec", "command", "commandable", "decoder")

    def __init__(self, gateway: Gateway, codec: Codec) -> None:
        super().__init__(gateway, codec.manifest.name)
        self.codec = codec
        self.decoder: Decoder | None = None
        self.buffer = b""
        self.commandable: Commandable | None = codec if hasattr(codec, "command") else None  # type: ignore[assignment]
        self.command: InFlight | None = None

    def data_received(self, data: bytes) -> None:
        """Cut frames; keep what is not whole yet, which the codec's ``max_frame`` bounds."""
        if self.closed:
            return
        buffer = self.buffer + data if self.buffer else data
        at, count, now = 0, 0, self.gateway.now()
        try:
            while at < len(buffer) and not self.closed:
                length = self.codec.frame(buffer, at)
                if not length:
                    break
                self._frame(buffer[at : at + length])
                at += length
                count += 1
        except CodecError:
            metrics.refused.labels("codec").inc()
            self.close()
            return
        self.buffer = buffer[at:] if at else buffer
        if at:
            metrics.frames.labels(self.protocol_name).inc(count)
            self.last_s = now
            self.partial_s = now if self.buffer else None
        elif self.partial_s is None:
            self.partial_s = now
        if self.device is None:
            self.partial_s = self.opened_s

    def _frame(self, frame: bytes) -> None:
        device = self.device
        if device is not None and self.protocol_name == "teltonika" and teltonika.is_avl(frame):
            self.gateway.hear(device, self.address)
            self.submit(device, frame, None, len(frame))
            return
        if self.decoder is None:
            self.decoder = self.codec.decoder(OPTIONS)
        self._message(self.decoder.decode(frame), len(frame))
        if self.command is not None:
            self._answered(frame)

    def _answered(self, frame: bytes) -> None:
        """A frame that came while a command waits: perhaps its answer."""
        commands, codec = self.gateway.commands, self.commandable
        answer = None
        with contextlib.suppress(CodecError):
            answer = codec.answer(frame) if codec is not None else None
        if answer is not None and commands is not None:
            commands.answered(self, answer)

    def _message(self, message: Message, size: int) -> None:
        if message.device_ids:
            self.device = self.identify(message)
            if self.device is None:
                self.write(message.refusal)
                self.close()
                return
            if self.gateway.commands is not None:
                self.gateway.commands.arrived(self)
        if self.device is None:
            if message.positions or message.reply:
                self.close()
            return
        self.gateway.hear(self.device, self.address)
        if message.positions:
            self.submit(self.device, None, message, weight(message, size))
        else:
            self.gateway.intake.heard(self.device)
            self.write(message.reply)
