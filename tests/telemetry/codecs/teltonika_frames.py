"""Builds Teltonika messages from the documented layout, apart from the code under test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

WIDTHS = (1, 2, 4, 8)


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC bit by bit: polynomial 0x8005 reflected, start 0."""
    crc = 0
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def io_part(
    codec_id: int,
    elements: Mapping[int, Iterable[tuple[int, int]]],
    variable: Iterable[tuple[int, bytes]] = (),
    event: int = 0,
) -> bytes:
    """The I/O part of a record. ``elements``: by width, (id, raw number)."""
    id_size = 1 if codec_id == 8 else 2
    count_size = 2 if codec_id == 0x8E else 1
    groups = {width: list(elements.get(width, ())) for width in WIDTHS}
    tail = list(variable)
    total = sum(map(len, groups.values())) + len(tail)
    out = event.to_bytes(id_size, "big") + (b"\x05" if codec_id == 16 else b"")
    out += total.to_bytes(count_size, "big")
    for width, group in groups.items():
        out += len(group).to_bytes(count_size, "big")
        for element, raw in group:
            out += element.to_bytes(id_size, "big") + (raw % (1 << 8 * width)).to_bytes(width, "big")
    if codec_id == 0x8E:
        out += len(tail).to_bytes(2, "big")
        for element, value in tail:
            out += element.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value
    return out


def record(
    io: bytes,
    *,
    time_ms: int = 1_700_000_000_123,
    priority: int = 1,
    lon: int = 43_517_000,
    lat: int = 508_466_000,
    altitude: int = 76,
    course: int = 271,
    sat: int = 11,
    speed: int = 63,
) -> bytes:
    """One record: head and I/O part. Coordinates in 1e-7 degree."""
    return (
        time_ms.to_bytes(8, "big", signed=True)
        + bytes((priority,))
        + lon.to_bytes(4, "big", signed=True)
        + lat.to_bytes(4, "big", signed=True)
        + altitude.to_bytes(2, "big", signed=True)
        + course.to_bytes(2, "big")
        + bytes((sat,))
        + speed.to_bytes(2, "big")
        + io
    )


def body(codec_id: int, records: Iterable[bytes]) -> bytes:
    """From the codec id to the second count."""
    parts = list(records)
    return bytes((codec_id, len(parts))) + b"".join(parts) + bytes((len(parts),))


def frame(content: bytes) -> bytes:
    """A TCP frame around a body."""
    return bytes(4) + len(content).to_bytes(4, "big") + content + crc16_arc(content).to_bytes(4, "big")


def datagram(content: bytes, *, imei: str = "490154203237518", packet: int = 0xCAFE, avl: int = 7) -> bytes:
    """A UDP datagram around a body."""
    inner = packet.to_bytes(2, "big") + bytes((1, avl)) + b"\x00\x0f" + imei.encode() + content
    return len(inner).to_bytes(2, "big") + inner
