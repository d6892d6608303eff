"""Segments that an older version wrote stay readable, whatever becomes of the writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from allconnects.telemetry.store.segment import compress
from allconnects.telemetry.store.segment.compress import Spec
from allconnects.telemetry.store.segment.errors import SegmentError
from allconnects.telemetry.store.segment.format import encode, open_segment
from allconnects.telemetry.store.segment.positions import same

from . import golden

_VERSION_1 = Path(__file__).with_name("version_1.segment")


def _codecs(specs: tuple[Spec, ...]) -> set[int]:
    return {codec for spec in specs for codec in ({spec.codec} | _codecs(spec.parts))}


def test_version_1_stays_readable() -> None:
    segment = open_segment(_VERSION_1.read_bytes())
    assert same(segment.positions(), golden.positions())
    assert np.array_equal(open_segment(_VERSION_1.read_bytes()).column("lon_e7"), golden.positions().lon_e7)


def test_the_committed_segment_has_every_way_of_packing() -> None:
    """PCO_8 is for spans of more than 32 bits, which a day of sound data does not have."""
    head = open_segment(_VERSION_1.read_bytes())._head
    expected = set(range(compress.POOL + 1)) - {compress.PCO_8}
    assert _codecs(head.fixed + head.attributes) >= expected


def test_content_keys_of_the_committed_segment_are_recomputed() -> None:
    kept = open_segment(_VERSION_1.read_bytes())._head.fixed[-1]
    assert kept.size == 3 * 8


def test_the_writer_makes_the_newest_version() -> None:
    assert encode(golden.positions())[0] == 1


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x02" + b"\0" * 40, b"\xff"])
def test_an_unknown_version_is_refused(data: bytes) -> None:
    with pytest.raises(SegmentError):
        open_segment(data)
