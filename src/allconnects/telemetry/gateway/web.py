"""A connection of a phone: requests over HTTP, each answered once its data is durable."""

from __future__ import annotations

from collections import deque

from allconnects.telemetry.codecs.base import CodecError, HttpCodec, Request
from allconnects.telemetry.codecs.http import HttpSession, response
from allconnects.telemetry.gateway import metrics
from allconnects.telemetry.gateway.sessions import OPTIONS, PEER_DEAF, QUEUE_LONG, Gateway, Session, weight


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
        if self.queue:
            self.hold(QUEUE_LONG)

    def answer(self, reply: bytes) -> None:
        """The data of the request in hand is durable; the next one may be served."""
        self.unanswered -= 1
        self.write(reply)
        self._serve()

    def resume_writing(self) -> None:
        """The answers were taken; the next request may be served."""
        super().resume_writing()
        self._serve()

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self.unanswered > 0 or bool(self.queue)

    def _serve(self) -> None:
        """One request after the other, because answers must keep their order."""
        while self.queue and not self.unanswered and not self.closed and not self.held & PEER_DEAF:
            metrics.frames.labels(self.protocol_name).inc()
            self._request(self.queue.popleft())
        if self.waiting:
            return
        if self.http.needs_close or self.ending:
            self.close()
        self.let_go(QUEUE_LONG)

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
            self.submit(device, None, message, weight(message, len(request.body) + len(request.target)))
        else:
            self.gateway.intake.heard(device)
            self.write(message.reply)
