"""Which protocols there are. A codec is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TypeGuard, cast

from allconnects.kit.errors import InvalidInput

from .base import Codec, HttpCodec

PROTOCOLS = ("teltonika", "gt06", "osmand", "owntracks")


def codec(protocol: str) -> Codec | HttpCodec:
    """The codec of a protocol, by its name. Raises InvalidInput for a name that is not in PROTOCOLS."""
    if protocol not in PROTOCOLS:
        raise InvalidInput(f"there is no such protocol; known: {', '.join(PROTOCOLS)}")
    return cast(Codec | HttpCodec, import_module(f"{__package__}.{protocol}").CODEC)


def codecs() -> dict[str, Codec | HttpCodec]:
    """All codecs by protocol name."""
    return {protocol: codec(protocol) for protocol in PROTOCOLS}


def is_http(candidate: Codec | HttpCodec) -> TypeGuard[HttpCodec]:
    """Whether the codec sees HTTP requests instead of frames."""
    return "http" in candidate.manifest.transports


def is_stream(candidate: Codec | HttpCodec) -> TypeGuard[Codec]:
    """Whether the codec sees frames, over TCP or UDP."""
    return not is_http(candidate)
