"""The readable account that ``allconnects decode`` gives of messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .attributes import unit
from .base import Codec, CodecError, Decoder, HttpCodec, Message, Position, Request, Value
from .decode_cli import iso
from .http import HttpSession
from .registry import is_http, is_stream

Line = tuple[str, bool]


def account(chosen: Codec | HttpCodec, texts: Iterable[str]) -> Iterator[Line]:
    """Lines about the messages in ``texts`` (hex; for HTTP a path with its query too).

    Each line comes with False when it tells of something that is not a message.
    """
    decoder = chosen.decoder() if is_stream(chosen) else None
    for text in texts:
        try:
            data = _octets(text)
            if is_http(chosen):
                yield from _requests(chosen, data)
            elif decoder is not None and is_stream(chosen):
                yield from _frames(chosen, decoder, data)
        except CodecError as error:
            yield f"not a message of this protocol: {error.message}", False


def _octets(text: str) -> bytes:
    text = text.strip()
    if text.startswith("/"):
        return f"GET {text} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise CodecError("the message is not hex") from None


def _frames(chosen: Codec, decoder: Decoder, data: bytes) -> Iterator[Line]:
    if _is_datagram(chosen, data):
        yield f"datagram: {len(data)} bytes", True
        yield from ((line, True) for line in _message(chosen.datagram_decoder().decode(data)))
        return
    start = number = 0
    while start < len(data):
        number += 1
        length = chosen.frame(data, start)
        if length == 0:
            yield f"{len(data) - start} bytes more: the beginning of a frame", False
            return
        yield f"frame {number}: {length} bytes at {start}", True
        message = decoder.decode(data[start : start + length])
        yield from ((line, True) for line in _message(message))
        start += length


def _is_datagram(chosen: Codec, data: bytes) -> bool:
    """Whether the bytes cannot begin a stream, of a protocol that has datagrams too."""
    if "udp" not in chosen.manifest.transports:
        return False
    try:
        chosen.frame(data)
    except CodecError:
        return True
    return False


def _requests(chosen: HttpCodec, data: bytes) -> Iterator[Line]:
    requests: list[Request] = HttpSession().feed(data)
    if not requests:
        yield "not a whole HTTP request", False
    for number, request in enumerate(requests, 1):
        yield f"request {number}: {request.method}, {len(request.body)} bytes of body", True
        yield from ((line, True) for line in _message(chosen.decode_request(request)))


def _message(message: Message) -> Iterator[str]:
    if message.device_ids:
        yield f"  device: {', '.join(message.device_ids)}{' (login)' if message.login else ''}"
    if message.secret is not None:
        yield "  with a device secret"
    for number, position in enumerate(message.positions, 1):
        yield f"  position {number}"
        yield from (f"    {line}" for line in _position(position))
    yield f"  reply: {_reply(message.reply)}"


def _reply(reply: bytes) -> str:
    if reply.startswith(b"HTTP/"):
        return reply.split(b"\r\n", 1)[0].decode("latin-1")
    return reply.hex() or "none"


def _position(position: Position) -> Iterator[str]:
    yield f"time: {iso(position.time_ms) or 'none of its own'}"
    if position.lat is None or position.lon is None:
        yield "place: none"
    else:
        yield f"place: {position.lat:.7f}, {position.lon:.7f} ({'good' if position.valid else 'no'} fix)"
    for name, value, of in (
        ("altitude", position.altitude_m, "m"),
        ("speed", position.speed_kmh, "km/h"),
        ("course", position.course_deg, "deg"),
    ):
        if value is not None:
            yield f"{name}: {value:g} {of}"
    for name, content in position.attributes.items():
        yield f"{name}: {_value(content)} {_shown_unit(name)}".rstrip()


def _value(content: Value) -> str:
    if isinstance(content, bool):
        return "on" if content else "off"
    text = str(content)
    return text if text.isprintable() else ascii(text)


def _shown_unit(name: str) -> str:
    found = unit(name)
    return "" if found in ("on/off", "flags") else found
