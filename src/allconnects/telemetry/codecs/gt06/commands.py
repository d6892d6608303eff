"""Commands to the device: packet 0x80 with a server flag and the text that a person would send by SMS."""

from __future__ import annotations

from collections.abc import Mapping

from allconnects.telemetry.codecs.base import CodecError, Value
from allconnects.telemetry.codecs.gt06.framing import build

ONLINE_COMMAND = 0x80
_TEXTS = {"engineStop": "Relay,1#", "engineResume": "Relay,0#"}


def encode(kind: str, attributes: Mapping[str, Value] | None = None, *, serial: int = 0) -> bytes:
    """The packet of a command: ``engineStop``, ``engineResume`` or ``custom`` with its text in ``data``.

    ``serial`` also is the server flag, which the device returns with its answer (packet 0x21 or 0x15).
    Raises CodecError for another command, or a text that is empty, not ASCII or longer than 246 bytes.
    """
    text = (attributes or {}).get("data") if kind == "custom" else _TEXTS.get(kind)
    if not isinstance(text, str) or not text or not text.isascii():
        raise CodecError("gt06: the device has no such command")
    if not 0 <= serial <= 0xFFFF:
        raise CodecError("gt06: a serial number has two bytes")
    content = serial.to_bytes(4, "big") + text.encode("ascii")
    if len(content) > 250:
        raise CodecError("gt06: too long for one packet")
    return build(ONLINE_COMMAND, serial, bytes([len(content)]) + content)
