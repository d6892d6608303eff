"""Decodes the packets of one GT06 connection and builds what the device hears."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from allconnects.telemetry.codecs.base import Answer, CodecError, Manifest, Message, Position
from allconnects.telemetry.codecs.gt06 import framing, located, modules, status, surroundings, texts
from allconnects.telemetry.codecs.gt06.framing import Packet
from allconnects.telemetry.codecs.gt06.reader import Reader
from allconnects.telemetry.codecs.gt06.session import Session
from allconnects.telemetry.codecs.gt06.tables import (
    EXTENDED_REPLY,
    NO_REPLY,
    WITH_CELL,
    WITH_FIX,
    WITH_STATUS,
    variant_of,
)

Handler = Callable[[Packet, str, Session], Position | None]

COMMAND, ANSWERS = 0x80, (0x21, 0x15)
_LONGEST_COMMAND = 240
LOGIN, ADDRESS_REQUEST, ADDRESS_REPLY, TIME_REQUEST = 0x01, 0x2A, 0x97, 0x8A
_NO_ADDRESS = b"NA&&NA&&0##"
_LATEST_DATE_MS = 253_402_300_799_999


def _nothing(_packet: Packet, _variant: str, _session: Session) -> Position | None:
    """A packet that is acknowledged but whose content has no place in a Position (or is not known)."""
    return None


_SHORT: dict[int, Handler] = {
    **dict.fromkeys(WITH_FIX | WITH_CELL | WITH_STATUS, located.decode_located),
    **dict.fromkeys((0x18, 0x24, 0x28, 0x2C, 0x2E, 0x33, 0xA1, 0xA2, 0xA9), surroundings.decode_surroundings),
    0x15: texts.decode_string,
    0x17: _nothing,
    0x21: texts.decode_answer,
    0x23: status.decode_heartbeat,
    0x34: status.decode_x1,
    0x38: located.decode_typed_cell,
    0x40: status.decode_battery_system,
    0x61: located.decode_ibutton,
    0x70: modules.decode_track_modules,
    0x8C: texts.decode_obd,
    0x94: texts.decode_information,
    0x95: status.decode_camera_alarm,
    0x9B: texts.decode_serial,
    0xB2: status.decode_bluetooth_clock,
    0xF1: modules.decode_device_status,
    0xF2: modules.decode_peripheral,
    0xF3: surroundings.decode_access_points,
}
_LONG: dict[int, Handler] = {
    **_SHORT,
    0x32: status.decode_az735,
    0x33: status.decode_az735,
    0x36: _nothing,
}
_VARIANTS: dict[tuple[int, str], Handler] = {
    (0x13, "asset"): status.decode_asset_status,
    (0x17, "rfid"): located.decode_located,
    (0x19, "space10x"): _nothing,
    (0x24, "sr411"): located.decode_sr411,
    (0x34, "sl4x"): surroundings.decode_surroundings,
    (0x36, "driver"): located.decode_driver,
    (0xA2, "lw4g"): located.decode_located,
    (0xA3, "steps"): status.decode_steps,
}
_UNANSWERED = frozenset({(0x19, "space10x"), (0x24, "sr411"), (0x34, "")})
_AZ735 = frozenset({0x32, 0x33})


class Gt06Decoder:
    """Decodes the packets of one connection; remembers the time zone of the login."""

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        self._session = Session(options)

    def decode(self, frame: bytes) -> Message:
        """The message of one packet. Raises CodecError when it is damaged or shorter than its layout."""
        packet = framing.parse(frame)
        if packet.kind == LOGIN:
            return self._login(packet)
        if packet.kind == ADDRESS_REQUEST:
            content = bytes([len(_NO_ADDRESS)]) + bytes(4) + _NO_ADDRESS
            return Message(reply=framing.build(ADDRESS_REPLY, 0, content, extended=True))
        if packet.kind == TIME_REQUEST:
            return Message(reply=self._time_reply(packet))
        return self._decode(packet)

    def _login(self, packet: Packet) -> Message:
        reader = Reader(packet.content)
        device_id = reader.take(8).hex()[1:]
        if reader.left >= 4:
            reader.take(2)
            self._session.set_zone(reader.u16())
        reply = framing.build(LOGIN, packet.serial)
        return Message(device_ids=(device_id,), reply=reply, login=True)

    def _time_reply(self, packet: Packet) -> bytes:
        if self._session.now is None:
            return b""
        now = datetime.fromtimestamp(min(max(self._session.now(), 0), _LATEST_DATE_MS) / 1000, UTC)
        date = (now.year % 100, now.month, now.day, now.hour, now.minute, now.second)
        return framing.build(TIME_REQUEST, packet.serial, bytes(date))

    def _decode(self, packet: Packet) -> Message:
        variant = variant_of(packet, self._session.family)
        handlers = _LONG if packet.extended else _SHORT
        handler = _VARIANTS.get((packet.kind, variant)) or handlers.get(packet.kind)
        if handler is not None and not packet.content:
            # A bare type with a serial number is how this protocol acknowledges: an echo of our reply.
            return Message()
        position = handler(packet, variant, self._session) if handler else None
        positions = [] if position is None else [position]
        return Message(positions=positions, reply=_reply(packet, variant, known=handler is not None))


def _reply(packet: Packet, variant: str, *, known: bool) -> bytes:
    """The acknowledgement: a packet of the same type and serial number, where the type has one."""
    kind = packet.kind
    if kind in EXTENDED_REPLY or (packet.extended and kind in _AZ735):
        return framing.build(kind, packet.serial, extended=True)
    if kind in NO_REPLY or (kind, variant) in _UNANSWERED or (packet.extended and kind == 0x36):
        return b""
    if packet.extended and not known:
        return b""
    return framing.build(kind, packet.serial)


class Gt06Codec:
    """Concox GT06 and its clones over TCP.

    Options of a decoder: ``model`` (or ``modelOverride``), the name of a model whose packets cannot be told
    apart by themselves; ``now``, a callable that returns milliseconds UTC: the answer to time requests (0x8A)
    needs the present, which a codec does not know, so without it they stay unanswered.

    There is no message that refuses a device: ``refusal`` is empty, the connection is closed unanswered and
    the device keeps its data. Packets without a checksum (0x69 and 0x17 of some clones, with a length of zero
    or a count in place of the length) are refused as damaged. Pictures are not fetched.
    """

    manifest = Manifest(
        name="gt06",
        title="Concox GT06 and compatible trackers",
        transports=("tcp",),
        port=5023,
        quality="gold",
        source="Concox/Jimi GPS Tracker Communication Protocol (GT06N, GV20, JM-VL03, GK310)",
    )
    max_frame = framing.MAX_FRAME

    def frame(self, buffer: bytes | bytearray | memoryview, start: int = 0) -> int:
        """Length in bytes of the packet at ``start``, 0 when more are needed. Raises CodecError."""
        return framing.frame_length(buffer, start)

    def decoder(self, options: Mapping[str, Any] | None = None) -> Gt06Decoder:
        """A decoder for one connection; ``options`` as in the class. Raises CodecError for malformed ones."""
        return Gt06Decoder(options)

    def datagram_decoder(self, options: Mapping[str, Any] | None = None) -> Gt06Decoder:  # noqa: ARG002
        """This protocol has no datagrams. Raises CodecError."""
        raise CodecError("gt06: this protocol runs over TCP only")

    def command(self, text: str, number: int) -> bytes:
        """Packet 0x80: the text in ASCII behind a number that the answer repeats. Raises CodecError."""
        if not text or not text.isascii() or len(text) > _LONGEST_COMMAND:
            raise CodecError("gt06: a command is ASCII text that fits in one packet")
        content = bytes((4 + len(text),)) + number.to_bytes(4, "big") + text.encode("ascii")
        return framing.build(COMMAND, 1, content)

    def answer(self, frame: bytes) -> Answer | None:
        """The text of packet 0x21 or 0x15, with the number of its command. Raises CodecError."""
        packet = framing.parse(frame)
        if packet.kind not in ANSWERS:
            return None
        content = packet.content if packet.kind == 0x21 else packet.content[1:]
        if len(content) < 4:
            return None
        return Answer(int.from_bytes(content[:4], "big"), texts.answer_text(packet))
