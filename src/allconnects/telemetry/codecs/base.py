"""What every codec speaks: bytes in, Messages with Positions and replies out.

A codec has no sockets, no clock and no database. Framing, decoding and replying are apart:

* ``Codec.frame`` finds where the next frame ends in a stream;
* ``Decoder.decode`` gives the Message of one frame; one Decoder lives as long as the connection;
* the Message carries the reply for when its data is durable, and the one for an unknown device.

Codecs over HTTP see whole requests instead of frames (``HttpCodec``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from allconnects.kit.errors import AllconnectsError

Value = bool | int | float | str | list[Any] | dict[str, Any] | None
Quality = Literal["bronze", "silver", "gold"]
Transport = Literal["tcp", "udp", "http"]


class CodecError(AllconnectsError):
    """The bytes are not a message of this protocol, or damaged. The only error a codec raises."""

    code = "codec"
    status = 400


@dataclass(slots=True)
class Position:
    """One fix of one device, or a report without a place (``lat`` and ``lon`` are None).

    ``time_ms``: milliseconds since 1970-01-01 UTC, None when the message carries no time of its own.
    ``valid``: the device itself calls the fix good. ``lat``/``lon``: WGS 84 degrees.
    ``attributes``: everything else, by the names of ``codecs/attributes.toml``; units stand there.
    """

    time_ms: int | None
    valid: bool = False
    lat: float | None = None
    lon: float | None = None
    altitude_m: float | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Message:
    """What one frame, datagram or request says.

    ``device_ids``: identifiers named by this message, best first; empty: the session's device sends it.
    ``reply``: what the device hears once the message's data is durable (or at once, where there is none).
    ``refusal``: what an unknown device hears, chosen so that the device keeps its data and tries again.
    ``secret``: the device secret that came with it, where the protocol can carry one.
    ``login``: the message opens a session of its device.
    """

    positions: list[Position] = field(default_factory=list)
    device_ids: tuple[str, ...] = ()
    reply: bytes = b""
    refusal: bytes = b""
    secret: str | None = None
    login: bool = False


class Answer(NamedTuple):
    """What a device says to a command. ``number``: of the command, as the device repeats it; None where it does not."""

    number: int | None
    text: str


class Request(NamedTuple):
    """One HTTP request. ``headers`` are lower-case; ``target`` is the path with its query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Manifest(NamedTuple):
    """What a protocol is, for the gateway, the docs and the command line.

    ``quality``: bronze = positions, checked by real messages; silver = acknowledges, survives reconnects and
    backlogs; gold = commands and their answers too.
    """

    name: str
    title: str
    transports: tuple[Transport, ...]
    port: int
    quality: Quality
    source: str


class Decoder(Protocol):
    """Decodes the frames of one connection in order; may remember (device, serial number, time zone)."""

    def decode(self, frame: bytes) -> Message:
        """The message of one whole frame. Raises CodecError; never anything else."""
        ...


class Codec(Protocol):
    """A protocol over TCP and/or UDP."""

    manifest: Manifest
    max_frame: int

    def frame(self, buffer: bytes | bytearray | memoryview, start: int = 0) -> int:
        """Length in bytes of the frame that begins at ``start``; 0 when more bytes are needed.

        Looks at a bounded number of bytes. Raises CodecError when no frame can begin there or it would be
        longer than ``max_frame``: the stream cannot go on.
        """
        ...

    def decoder(self, options: Mapping[str, Any] | None = None) -> Decoder:
        """A decoder for one connection. ``options``: model or format switches of this device, if known."""
        ...

    def datagram_decoder(self, options: Mapping[str, Any] | None = None) -> Decoder:
        """A decoder for datagrams, where the transport is UDP; each datagram is one frame."""
        ...


class Commandable(Protocol):
    """A codec whose devices can be told something over the connection that they opened."""

    def command(self, text: str, number: int) -> bytes:
        """A frame that tells the device to run ``text``. ``number``, below 2^31, is repeated by its answer where the
        protocol can. Raises CodecError for what cannot be said."""
        ...

    def answer(self, frame: bytes) -> Answer | None:
        """What a frame of the device answers to a command; None when it is no answer. Raises CodecError."""
        ...


class HttpCodec(Protocol):
    """A protocol whose messages are HTTP requests."""

    manifest: Manifest
    max_body: int

    def decode_request(self, request: Request, options: Mapping[str, Any] | None = None) -> Message:
        """The message of one request; ``reply`` and ``refusal`` are whole HTTP responses.

        Raises CodecError for a request that cannot be used (the gateway answers 400).
        """
        ...
