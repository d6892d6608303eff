"""Commands to a device, and what it answers: codecs 12, 13 and 14.

Source: Teltonika's page on data sending protocols. A command travels over the connection that the device
opened; its answer comes back as a frame of the same codec.
"""

from __future__ import annotations

from math import isfinite

from ..base import CodecError, Position, Value
from .crc import crc16

CODEC_12 = 0x0C
CODEC_13 = 0x0D
CODEC_14 = 0x0E
COMMAND = 5
_NACK = 0x11


def encode_command(text: str) -> bytes:
    """A codec 12 frame that asks the device to run ``text`` (ASCII, such as ``getinfo``)."""
    return _frame(CODEC_12, _ascii(text))


def encode_command_for(imei: str, text: str) -> bytes:
    """A codec 14 frame: only the device with that IMEI (15 digits) runs ``text``; another answers no."""
    if len(imei) != 15 or not imei.isascii() or not imei.isdigit():
        raise CodecError("an IMEI has 15 digits")
    return _frame(CODEC_14, bytes.fromhex(f"0{imei}") + _ascii(text))


def _ascii(text: str) -> bytes:
    if not text or not text.isascii():
        raise CodecError("a command is ASCII text")
    return text.encode("ascii")


def _frame(codec_id: int, payload: bytes) -> bytes:
    body = bytes((codec_id, 1, COMMAND)) + len(payload).to_bytes(4, "big") + payload + b"\x01"
    return bytes(4) + len(body).to_bytes(4, "big") + body + crc16(body).to_bytes(4, "big")


def answers(body: bytes) -> tuple[list[Position], tuple[str, ...]]:
    """Answers in a body from codec id to second count, as Positions without a place, and the IMEI named.

    Each has the attribute ``result``, and with codec 12 and 14 its ``type``. Raises CodecError.
    """
    positions: list[Position] = []
    device_ids: tuple[str, ...] = ()
    at = 2
    for _ in range(body[1]):
        size = int.from_bytes(body[at + 1 : at + 5], "big")
        end = at + 5 + size
        if end > len(body) - 1:
            raise CodecError("an answer reaches beyond its frame")
        kind, payload = body[at], body[at + 5 : end]
        if body[0] == CODEC_14 and kind != _NACK:
            device_ids = _imei(payload)
        positions.append(_answer(body[0], kind, payload))
        at = end
    if at != len(body) - 1:
        raise CodecError("the answers do not fill their frame")
    return positions, device_ids


def _imei(payload: bytes) -> tuple[str, ...]:
    digits = payload[:8].hex()[1:]
    return (digits,) if len(digits) == 15 and digits.isdigit() else ()


def _answer(codec_id: int, kind: int, payload: bytes) -> Position:
    if codec_id == CODEC_13:
        if len(payload) < 4:
            raise CodecError("an answer of codec 13 begins with its time")
        time_s = int.from_bytes(payload[:4], "big")
        return Position(time_s * 1000, attributes={"result": _text(payload[4:])})
    text = _text(payload[8:] if codec_id == CODEC_14 else payload)
    found: dict[str, Value] = {"type": kind}
    return Position(None, attributes=found | (_weights(text) or {"result": text}))


def _text(payload: bytes) -> str:
    """The text of an answer; hex where it holds anything but printable ASCII and line ends."""
    printable = all(32 <= octet < 127 or octet in b"\r\n" for octet in payload)
    return payload.decode("ascii").strip() if printable else payload.hex()


_WEIGHTS = [f"axle{n}" for n in range(1, 9)] + ["loadTruck", "loadTrailer", "totalTruck", "totalTrailer"]


def _weights(text: str) -> dict[str, Value] | None:
    """Axle loads that a weighing unit on the serial port sends through: ``UUUUww`` twelve numbers ``SSS``."""
    if not (text.startswith("UUUUww") and text.endswith("SSS")):
        return None
    fields = text[6:-3].split(";")
    try:
        numbers = [float(field) for field in fields[:12]]
    except ValueError:
        return None
    whole = len(numbers) == len(_WEIGHTS) and all(map(isfinite, numbers))
    return dict(zip(_WEIGHTS, numbers, strict=True)) if whole else None
