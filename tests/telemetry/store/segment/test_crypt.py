"""A sealed segment opens under its own key and context, and under no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from allconnects.telemetry.store.segment.crypt import OVERHEAD, Context, seal, unseal
from allconnects.telemetry.store.segment.errors import SegmentError
from allconnects.telemetry.store.segment.format import encode, open_segment
from allconnects.telemetry.store.segment.positions import same

from . import samples

KEY = bytes(range(32))
CONTEXT = Context(organisation=3, device=41, subject="person:7", day=date(2026, 3, 29))
SEGMENT = b"\x01" + bytes(50)


def test_what_is_sealed_opens() -> None:
    positions = samples.tracker(hours=1)
    sealed = seal(encode(positions), KEY, CONTEXT)
    assert same(open_segment(unseal(sealed, KEY, CONTEXT)).positions(), positions)


def test_overhead_and_nonce() -> None:
    one, other = seal(SEGMENT, KEY, CONTEXT), seal(SEGMENT, KEY, CONTEXT)
    assert len(one) == len(SEGMENT) + OVERHEAD
    assert one[:12] != other[:12]
    assert one[12:] != other[12:]


@pytest.mark.parametrize(
    "change",
    [{"organisation": 4}, {"device": 42}, {"subject": "person:70"}, {"subject": ""}, {"day": date(2026, 3, 30)}],
)
def test_another_context(change: dict[str, Any]) -> None:
    with pytest.raises(SegmentError):
        unseal(seal(SEGMENT, KEY, CONTEXT), KEY, replace(CONTEXT, **change))


def test_another_version() -> None:
    with pytest.raises(SegmentError):
        unseal(seal(SEGMENT, KEY, CONTEXT), KEY, CONTEXT, version=2)


@pytest.mark.parametrize("key", [bytes(32), KEY[:16], b""])
def test_another_key(key: bytes) -> None:
    with pytest.raises(SegmentError):
        unseal(seal(SEGMENT, KEY, CONTEXT), key, CONTEXT)


def test_a_short_key_seals_nothing() -> None:
    with pytest.raises(SegmentError):
        seal(SEGMENT, KEY[:16], CONTEXT)


@pytest.mark.parametrize("at", [0, 11, 12, 30, -1])
def test_a_changed_byte(at: int) -> None:
    sealed = bytearray(seal(SEGMENT, KEY, CONTEXT))
    sealed[at] ^= 1
    with pytest.raises(SegmentError):
        unseal(bytes(sealed), KEY, CONTEXT)


@pytest.mark.parametrize("length", [0, 5, 12, 27])
def test_missing_bytes(length: int) -> None:
    with pytest.raises(SegmentError):
        unseal(seal(SEGMENT, KEY, CONTEXT)[:length], KEY, CONTEXT)
