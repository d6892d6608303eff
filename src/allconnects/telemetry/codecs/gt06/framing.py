"""Where a GT06 packet begins and ends, its checksum, and how packets to the device are built.

Layout (Concox "GPS Tracker Communication Protocol", editions GT06N and JM-VL03): start ``78 78`` with a
length of one byte or ``79 79`` with two; the length counts type, content, serial number (2) and checksum (2);
the checksum is CRC-ITU (X.25) from the length to the serial number; the packet ends with ``0d 0a``.
"""

from __future__ import annotations

from typing import NamedTuple

import anycrc

from allconnects.telemetry.codecs.base import CodecError

SHORT, LONG = b"\x78\x78", b"\x79\x79"
END = b"\x0d\x0a"
MAX_FRAME = 8192
_MAX_SHORT = 3 + 255 + 2
_X25 = anycrc.Model("CRC16-IBM-SDLC")


class Packet(NamedTuple):
    """One checked packet. ``length`` is the value of its length field; ``content`` excludes serial number."""

    extended: bool
    kind: int
    content: bytes
    serial: int
    length: int


def checksum(data: bytes) -> int:
    """CRC-16/X.25 of ``data``."""
    return int(_X25.calc(data))


def frame_length(buffer: bytes | bytearray | memoryview, start: int = 0) -> int:
    """Bytes of the packet at ``start``, 0 when it is not whole yet; see ``Codec.frame``.

    A packet whose length field does not lead to ``0d 0a`` is damaged: it is cut at the next ``0d 0a``, so
    that the decoder refuses this one alone and the stream goes on behind it.
    """
    available = len(buffer) - start
    head = bytes(buffer[start : start + 4])
    if not (SHORT.startswith(head[:2]) or LONG.startswith(head[:2])):
        raise CodecError("gt06: a packet begins with 7878 or 7979")
    size = 1 if head[:2] == SHORT else 2
    if available < 2 + size:
        return 0
    total = 2 + size + int.from_bytes(head[2 : 2 + size], "big") + 2
    if total > MAX_FRAME:
        raise CodecError("gt06: the packet is longer than any of this protocol")
    if available >= total and bytes(buffer[start + total - 2 : start + total]) == END:
        return total
    return 0 if available < total else _cut_damaged(buffer, start, max(total, _MAX_SHORT))


def _cut_damaged(buffer: bytes | bytearray | memoryview, start: int, limit: int) -> int:
    window = bytes(buffer[start : start + limit])
    end = window.find(END, 3)
    if end >= 0:
        return end + 2
    if len(window) < limit:
        return 0
    raise CodecError("gt06: a damaged packet has no end")


def parse(frame: bytes) -> Packet:
    """The packet in one frame. Raises CodecError when length, end or checksum are wrong."""
    size = {SHORT: 1, LONG: 2}.get(frame[:2])
    if size is None:
        raise CodecError("gt06: a packet begins with 7878 or 7979")
    start = 2 + size
    length = int.from_bytes(frame[2:start], "big")
    if length < 5 or len(frame) != start + length + 2 or frame[-2:] != END:
        raise CodecError("gt06: the length of the packet is wrong")
    if checksum(frame[2:-4]) != int.from_bytes(frame[-4:-2], "big"):
        raise CodecError("gt06: the checksum of the packet is wrong")
    serial = int.from_bytes(frame[-6:-4], "big")
    return Packet(size == 2, frame[start], frame[start + 1 : -6], serial, length)


def build(kind: int, serial: int, content: bytes = b"", *, extended: bool = False) -> bytes:
    """A whole packet to the device. Raises CodecError when ``content`` does not fit the length field."""
    length = 1 + len(content) + 4
    size = 2 if extended else 1
    if length >= 1 << (8 * size):
        raise CodecError("gt06: too long for one packet")
    body = length.to_bytes(size, "big") + bytes([kind]) + content + serial.to_bytes(2, "big")
    return (LONG if extended else SHORT) + body + checksum(body).to_bytes(2, "big") + END
