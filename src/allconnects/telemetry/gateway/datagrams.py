"""The UDP side of a protocol: no connection, so every datagram names its device."""

from __future__ import annotations

import asyncio

from allconnects.telemetry.codecs.base import Codec, CodecError
from allconnects.telemetry.gateway import metrics
from allconnects.telemetry.gateway.sessions import OPTIONS, Gateway, weight


class DatagramEndpoint(asyncio.DatagramProtocol):
    """The UDP side of a codec: each datagram names its device and is answered after the commit."""

    def __init__(self, gateway: Gateway, codec: Codec) -> None:
        self.gateway = gateway
        self.codec = codec
        self.transport: asyncio.DatagramTransport | None = None
        self._let_in = metrics.sessions.labels("datagram")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Listening."""
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Decode one datagram; what is damaged or unknown is not answered, so the device keeps it.

        No datagram is encrypted: one from where plain sessions may not come from is not even looked at.
        """
        if address[0] not in self.gateway.plain_from:
            metrics.refused.labels("plain").inc()
            return
        self._let_in.inc()
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
            self.gateway.intake.add(peer, device, None, message, weight(message, len(data)))
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
