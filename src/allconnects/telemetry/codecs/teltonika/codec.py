"""Teltonika's frames: login, keepalive, packets of records and of answers; over TCP and UDP.

Source: Teltonika's page on data sending protocols. A TCP packet is a preamble of four zero bytes, the length,
a body (codec id, count, records, count again) and the CRC-16 of the body in four bytes; the answer is the
number of records in four bytes. Over UDP a packet names its device, and has no checksum of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Any

from ..base import Answer, CodecError, Decoder, Manifest, Message, Position
from .commands import CODEC_12, CODEC_13, CODEC_14, answers, encode_command
from .crc import crc16
from .gh3000 import gh3000_positions
from .io import attributes_from_io
from .layout import CODEC_8, CODEC_8_EXTENDED, CODEC_16, HEAD, record_end

CODEC_GH3000 = 0x07
# Room for 255 records (what the count can say) of 250 bytes; devices themselves split near 1.3 kB.
MAX_FRAME = 64 * 1024
_FRAME_OVERHEAD = 12
_SMALLEST_BODY = 3
_LAST_TIME_MS = 253_402_300_799_999  # the end of the year 9999, where calendars stop
_DATAGRAM_HEAD = Struct(">HHBBH")
_DATAGRAM_REPLY = Struct(">HHBBB")
_KEEPALIVE = b"\xff"
_LOGIN = b"\x00\x0f"
_FAMILIES = ("fmb", "fm")


class TeltonikaDecoder:
    """Decodes TCP frames."""

    def __init__(self, family: str | None = None) -> None:
        self._family = family

    def decode(self, frame: bytes) -> Message:
        """The message of one frame: a login, a keepalive, records or answers. Raises CodecError."""
        if frame == _KEEPALIVE:
            return Message()
        if frame[:2] == _LOGIN:
            return Message(device_ids=(_imei(frame[2:]),), reply=b"\x01", refusal=b"\x00", login=True)
        message, count = _message(_checked_body(frame), self._family)
        if count is not None:
            message.reply = count.to_bytes(4, "big")
            message.refusal = bytes(4)
        return message


class TeltonikaDatagramDecoder:
    """Decodes UDP datagrams."""

    def __init__(self, family: str | None = None) -> None:
        self._family = family

    def decode(self, frame: bytes) -> Message:
        """The message of one datagram, with the IMEI that it names. Raises CodecError."""
        if len(frame) < _DATAGRAM_HEAD.size + 15 + _SMALLEST_BODY:
            raise CodecError("the datagram is too short")
        length, packet, _, avl_packet, imei_length = _DATAGRAM_HEAD.unpack_from(frame)
        if length != len(frame) - 2 or imei_length != 15:
            raise CodecError("the lengths in the datagram do not fit")
        imei = _imei(frame[8:23])
        message, count = _message(frame[23:], self._family)
        message.device_ids = (imei,)
        if count is not None:
            message.reply = _datagram_reply(packet, avl_packet, count)
            message.refusal = _datagram_reply(packet, avl_packet, 0)
        return message


class TeltonikaCodec:
    """The protocol: frames of a stream, and decoders for both transports.

    Option ``family``: ``fmb`` or ``fm``, which of the two numberings of I/O elements the device has.
    """

    manifest = Manifest(
        name="teltonika",
        title="Teltonika",
        transports=("tcp", "udp"),
        port=5027,
        quality="gold",
        source="https://wiki.teltonika-gps.com/view/Teltonika_Data_Sending_Protocols",
    )
    max_frame = MAX_FRAME

    def frame(self, buffer: bytes | bytearray | memoryview, start: int = 0) -> int:
        """Length of the frame at ``start``, 0 when more bytes are needed. Raises CodecError."""
        head = bytes(buffer[start : start + 8])
        if head[:1] == _KEEPALIVE:
            return 1
        if head[:2] == _LOGIN:
            return 17 if len(buffer) - start >= 17 else 0
        if head[:4] != bytes(len(head[:4])):
            raise CodecError("no frame begins like this")
        if len(head) < 8:
            return 0
        size = int.from_bytes(head[4:], "big") + _FRAME_OVERHEAD
        if not _SMALLEST_BODY + _FRAME_OVERHEAD <= size <= self.max_frame:
            raise CodecError("the frame says an impossible length")
        return size if len(buffer) - start >= size else 0

    def decoder(self, options: Mapping[str, Any] | None = None) -> Decoder:
        """A decoder for one connection."""
        return TeltonikaDecoder(_family(options))

    def datagram_decoder(self, options: Mapping[str, Any] | None = None) -> Decoder:
        """A decoder for datagrams."""
        return TeltonikaDatagramDecoder(_family(options))

    def command(self, text: str, number: int) -> bytes:  # noqa: ARG002
        """A codec 12 frame; the protocol gives commands no number. Raises CodecError."""
        return encode_command(text)

    def answer(self, frame: bytes) -> Answer | None:
        """The text of an answer of codec 12, 13 or 14. Raises CodecError."""
        if len(frame) < _FRAME_OVERHEAD + _SMALLEST_BODY or frame[8] not in (CODEC_12, CODEC_13, CODEC_14):
            return None
        positions, _ = answers(_checked_body(frame))
        return Answer(None, "\n".join(str(one.attributes.get("result", "")) for one in positions))


def _family(options: Mapping[str, Any] | None) -> str | None:
    family = options.get("family") if options else None
    return family if family in _FAMILIES else None


def _imei(octets: bytes) -> str:
    text = octets.decode("ascii", "replace")
    if len(octets) != 15 or not text.isascii() or not text.isdigit():
        raise CodecError("the device did not name itself by 15 digits")
    return text


def _datagram_reply(packet: int, avl_packet: int, count: int) -> bytes:
    return _DATAGRAM_REPLY.pack(5, packet, 1, avl_packet, count)


def _checked_body(frame: bytes) -> bytes:
    if frame[:4] != bytes(4) or len(frame) < _FRAME_OVERHEAD + _SMALLEST_BODY:
        raise CodecError("no frame begins like this")
    body = frame[8:-4]
    if int.from_bytes(frame[4:8], "big") != len(body):
        raise CodecError("the length in the frame does not fit")
    if int.from_bytes(frame[-4:], "big") != crc16(body):
        raise CodecError("the checksum does not fit")
    return body


def _message(body: bytes, family: str | None) -> tuple[Message, int | None]:
    """The message of a body, and how many records to acknowledge (None: nothing to acknowledge)."""
    codec_id, count = body[0], body[1]
    if body[-1] != count:
        raise CodecError("the two record counts differ")
    if codec_id in (CODEC_8, CODEC_8_EXTENDED, CODEC_16):
        return Message(_records(body, family)), count
    if codec_id == CODEC_GH3000:
        return Message(gh3000_positions(body)), count
    if codec_id in (CODEC_12, CODEC_13, CODEC_14):
        positions, device_ids = answers(body)
        return Message(positions, device_ids), None
    raise CodecError("the codec of the frame is not known")


def _records(body: bytes, family: str | None) -> list[Position]:
    codec_id, limit = body[0], len(body) - 1
    positions = []
    at = 2
    for _ in range(body[1]):
        end = record_end(codec_id, body, at, limit)
        positions.append(_position(codec_id, body, at, end, family))
        at = end
    if at != limit:
        raise CodecError("the records do not fill their frame")
    return positions


def _position(codec_id: int, body: bytes, at: int, end: int, family: str | None) -> Position:
    """One record. Coordinates or times that cannot be are None; without satellites the fix is not valid."""
    time_ms, priority, lon, lat, altitude, course, sat, speed = HEAD.unpack_from(body, at)
    attributes = attributes_from_io(codec_id, priority, body[at + HEAD.size : end], family)
    attributes["sat"] = sat
    placed = -900_000_000 <= lat <= 900_000_000 and -1_800_000_000 <= lon <= 1_800_000_000
    return Position(
        time_ms if 0 <= time_ms <= _LAST_TIME_MS else None,
        placed and sat != 0,
        lat / 1e7 if placed else None,
        lon / 1e7 if placed else None,
        float(altitude),
        float(speed),
        float(course),
        attributes,
    )


CODEC = TeltonikaCodec()
