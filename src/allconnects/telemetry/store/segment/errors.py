"""The one error of segments."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from allconnects.kit.errors import AllconnectsError


class SegmentError(AllconnectsError):
    """A segment that cannot be made or read: damaged, of an unknown version, too large, wrong key or context."""

    code = "segment"


@contextmanager
def damage() -> Iterator[None]:
    """Whatever decoding of forged or damaged bytes runs into becomes the one error; pcodec raises RuntimeError."""
    try:
        yield
    except (RuntimeError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise SegmentError("damaged segment") from error
    except (msgspec.MsgspecError, struct.error, zlib.error) as error:
        raise SegmentError("damaged segment") from error
