"""One connection each: bytes to frames to messages, who sends them, and what it hears back.

A session only moves bytes and decides who may speak; decoding belongs to the codec, storing to the intake.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from allconnects.kit import clock
from allconnects.telemetry.codecs.base import Codec, CodecError, Decoder, HttpCodec, Message, Request
from allconnects.telemetry.codecs.http import HttpSession, response
from allconnects.telemetry.gateway import metrics
from allconnects.telemetry.gateway.directory import DeviceRef, Directory
from allconnects.telemetry.gateway.intake import Intake
from allconnects.telemetry.gateway.limits import ConnectionLimits
from allconnects.telemetry.gateway.presence import heard_from
from allconnects.telemetry.store import teltonika

OPTIONS: dict[str, Any] = {"now": clock.now_ms}
"""What decoders may ask: the time, for devices that set their clock by the server."""


@dataclass(slots=True)
class Gateway:
    """What all sessions share."""

    directory: Directory
    intake: Intake
    limits: ConnectionLimits
    idle_timeout_s: float
    frame_timeout_s: float
    sessions: set[Session] = field(default_factory=set)
    now: Callable[[], float] = time.monotonic

    def device_of(self, protocol: str, message: Message) -> DeviceRef | None:
        """The device that a message names, if it is registered and its secret is right."""
        device = self.directory.find(message.device_ids)
        if device is None:
            metrics.refused.labels("unknown").inc()
            self.intake.unknown(protocol, message.device_ids[0][:100])
        elif not device.admits(message.secret):
            metrics.refused.labels("secret").inc()
            self.event(device, "wrong_secret")
            return None
        return device

    def event(self, device: DeviceRef, kind: str) -> None:
        """Raise an event, at most one an hour for a wrong secret or a limit of one device."""
        now = self.now()
        if now - device.warned_s >= 3600:
            device.warned_s = now
            self.intake.event(device, kind)

    def hear(self, device: DeviceRef, address: str) -> None:
        """Note where a device speaks from."""
        if device.address is not address and heard_from(device, address, self.now()):
            self.intake.event(device, "seen_twice")

    def sweep(self) -> None:
        """Close what has been silent, or has not finished a message or named itself, for too long."""
        now = self.now()
        for session in [s for s in self.sessions if s.overdue(now)]:
            metrics.refused.labels("timeout").inc()
            session.close()


class Session(asyncio.Protocol):
    """What connections of every protocol have in common."""

    __slots__ = (
        "address", "busy", "closed", "counted", "device", "ending", "gateway", "last_s", "partial_s",
        "protocol_name", "reading", "transport", "unanswered",
    )  # fmt: skip

    def __init__(self, gateway: Gateway, protocol_name: str) -> None:
        self.gateway = gateway
        self.protocol_name = protocol_name
        self.device: DeviceRef | None = None
        self.counted: int | None = None
        self.address = ""
        self.busy = self.closed = self.ending = False
        self.reading = True
        self.unanswered = 0
        self.transport: asyncio.Transport | None = None
        self.last_s = gateway.now()
        self.partial_s: float | None = self.last_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admitted, or closed at once when a limit is reached."""
        self.transport = transport  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if peer else ""
        if not self.gateway.limits.admit(self.address):
            metrics.refused.labels("limit").inc()
            self.closed = True
            transport.abort()  # type: ignore[attr-defined]
            return
        self.gateway.sessions.add(self)
        metrics.connections.labels(self.protocol_name).inc()

    def connection_lost(self, exc: Exception | None) -> None:
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
        return self.unanswered > 0

    def submit(self, device: DeviceRef, frame: bytes | None, message: Message | None, size: int) -> None:
        """Hand data to the intake; ``answer`` or ``give_up`` follows."""
        self.unanswered += 1
        self.gateway.intake.add(self, device, frame, message, size)

    def overdue(self, now: float) -> bool:
        """Whether this connection has used up its patience; one that waits for the database has not."""
        if self.unanswered or not self.reading:
            return False
        if self.partial_s is not None and now - self.partial_s > self.gateway.frame_timeout_s:
            return True
        return now - self.last_s > self.gateway.idle_timeout_s

    def identify(self, message: Message) -> DeviceRef | None:
        """The device that speaks, counted against its organisation; None means refused."""
        device = self.gateway.device_of(self.protocol_name, message)
        if device is None:
            return None
        if self.counted != device.organisation:
            if self.counted is not None or not self.gateway.limits.admit_organisation(device.organisation):
                metrics.refused.labels("organisation_limit").inc()
                self.gateway.event(device, "limit")
                return None
            self.counted = device.organisation
        return device

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
        if self.reading and not self.closed and self.transport is not None:
            self.transport.pause_reading()
        self.reading = False

    def resume(self) -> None:
        """Read on."""
        if not self.reading and not self.closed and self.transport is not None:
            self.transport.resume_reading()
        self.reading = True
        self.last_s = self.gateway.now()

    def close(self) -> None:
        """Send what is written, then end."""
        self.closed = True
        if self.transport is not None:
            self.transport.close()


class StreamSession(Session):
    """A connection of a codec with frames."""

    __slots__ = ("buffer", "codec", "decoder")

    def __init__(self, gateway: Gateway, codec: Codec) -> None:
        super().__init__(gateway, codec.manifest.name)
        self.codec = codec
        self.decoder: Decoder | None = None
        self.buffer = b""

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
            self.partial_s = now if self.buffer or self.device is None else None
        elif self.partial_s is None:
            self.partial_s = now

    def _frame(self, frame: bytes) -> None:
        device = self.device
        if device is not None and self.protocol_name == "teltonika" and teltonika.is_avl(frame):
            self.gateway.hear(device, self.address)
            self.submit(device, frame, None, len(frame))
            return
        if self.decoder is None:
            self.decoder = self.codec.decoder(OPTIONS)
        self._message(self.decoder.decode(frame), len(frame))

    def _message(self, message: Message, size: int) -> None:
        if message.device_ids:
            self.device = self.identify(message)
            if self.device is None:
                self.write(message.refusal)
                self.close()
                return
        if self.device is None:
            if message.positions or message.reply:
                self.close()
            return
        self.gateway.hear(self.device, self.address)
        if message.positions:
            self.submit(self.device, None, message, size)
        else:
            self.gateway.intake.heard(self.device)
            self.write(message.reply)


class WebSession(Session):
    """A connection of a codec over HTTP: one request after the other, each answered once it is durable."""

    __slots__ = ("codec", "http", "queue")

    def __init__(self, gateway: Gateway, codec: HttpCodec) -> None:
        super().__init__(gateway, codec.manifest.name)
        self.codec = codec
        self.http = HttpSession(max_body=codec.max_body)
        self.queue: deque[Request] = deque()

    def data_received(self, data: bytes) -> None:
        """Whole requests are served in order; a broken one is answered and ends the connection."""
        if self.closed:
            return
        now = self.gateway.now()
        try:
            requests = self.http.feed(data)
        except CodecError as error:
            metrics.refused.labels("codec").inc()
            self.write(response(error.status))
            self.close()
            return
        self.write(self.http.interim)
        self.queue.extend(requests)
        if requests:
            self.last_s, self.partial_s = now, None
        elif self.partial_s is None:
            self.partial_s = now
        self._serve()

    def answer(self, reply: bytes) -> None:
        """The data of the request in hand is durable; the next one may be served."""
        super().answer(reply)
        self._serve()

    def _serve(self) -> None:
        """One request after the other, because answers must keep their order."""
        while self.queue and not self.unanswered and not self.closed:
            metrics.frames.labels(self.protocol_name).inc()
            self._request(self.queue.popleft())
        if not self.queue and not self.unanswered and (self.http.needs_close or self.ending):
            self.close()

    def _request(self, request: Request) -> None:
        try:
            message = self.codec.decode_request(request, OPTIONS)
        except CodecError as error:
            metrics.refused.labels("codec").inc()
            self.write(response(error.status))
            return
        device = self.identify(message) if message.device_ids else None
        if device is None:
            self.write(message.refusal if message.device_ids else message.reply)
            return
        self.gateway.hear(device, self.address)
        if message.positions:
            self.submit(device, None, message, len(request.body) + len(request.target))
        else:
            self.gateway.intake.heard(device)
            self.write(message.reply)


class DatagramEndpoint(asyncio.DatagramProtocol):
    """The UDP side of a codec: each datagram names its device and is answered after the commit."""

    def __init__(self, gateway: Gateway, codec: Codec) -> None:
        self.gateway = gateway
        self.codec = codec
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Listening."""
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Decode one datagram; what is damaged or unknown is not answered, so the device keeps it."""
        name = self.codec.manifest.name
        metrics.frames.labels(name).inc()
        if self.gateway.intake.full:
            metrics.refused.labels("overload").inc()
            return
        try:
            message = self.codec.datagram_decoder(OPTIONS).decode(data)
        except CodecError:
            metrics.refused.labels("codec").inc()
            return
        device = self.gateway.device_of(name, message) if message.device_ids else None
        if device is None or self.transport is None:
            return
        self.gateway.hear(device, address[0])
        peer = DatagramPeer(self.transport, address)
        if message.positions:
            self.gateway.intake.add(peer, device, None, message, len(data))
        else:
            self.gateway.intake.heard(device)
            peer.answer(message.reply)


class DatagramPeer:
    """Where to answer one datagram."""

    __slots__ = ("address", "busy", "transport")

    def __init__(self, transport: asyncio.DatagramTransport, address: tuple[str, int]) -> None:
        self.transport = transport
        self.address = address
        self.busy = False

    def answer(self, reply: bytes) -> None:
        """Send the acknowledgement."""
        if reply:
            self.transport.sendto(reply, self.address)

    def give_up(self) -> None:
        """Nothing: the device sends again."""

    def pause(self) -> None:
        """Datagrams cannot be held back: those that come while the intake is full are dropped, unanswered."""

    def resume(self) -> None:
        """Nothing to do."""
