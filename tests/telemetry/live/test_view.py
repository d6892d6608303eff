"""What a browser is told of, decided without a database: only what changed in its view, and nothing goes back."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.telemetry.live.bus import Fix, payloads
from allconnects.telemetry.live.outbox import Outbox
from allconnects.telemetry.live.snapshot import WORLD, Box
from allconnects.telemetry.live.state import MOVING_FOR_MS, SILENT_AFTER_MS, State, state_of
from allconnects.telemetry.store.hot import Latest

NOW = 1_790_000_000_000
BELGIUM = Box(2.5, 49.4, 6.5, 51.6)


def entry(device: int, time_ms: int = NOW, lat: float = 50.8, lon: float = 4.3, state: int = 2) -> Any:
    return (device, lat, lon, 50, 90, state, time_ms)


@pytest.fixture
def view(database: None) -> Any:
    from allconnects.telemetry.live.view import View

    return View(1, BELGIUM)


def test_only_what_changed_is_told(view: Any) -> None:
    view.show([entry(1), entry(2)])
    view.offer(entry(1))
    view.offer(entry(2, NOW + 1, lat=50.9))
    assert view.delta() == ([entry(2, NOW + 1, lat=50.9)], [])
    assert view.delta() == ([], [])


def test_the_last_of_several_changes_is_told_once(view: Any) -> None:
    for step in range(5):
        view.offer(entry(1, NOW + step))
    assert view.delta() == ([entry(1, NOW + 4)], [])


def test_nothing_goes_back(view: Any) -> None:
    view.show([entry(1, NOW)])
    view.offer(entry(1, NOW - 1000, lat=50.0))
    assert view.delta() == ([], [])
    view.offer(entry(1, NOW + 1000))
    view.offer(entry(1, NOW + 500))
    assert view.delta() == ([entry(1, NOW + 1000)], [])
    view.show([entry(1, NOW + 700)])
    assert view.shown == {1: entry(1, NOW + 1000)}, "the database is a moment behind the bus"


def test_the_database_has_the_last_word_on_the_state_of_a_known_fix(view: Any) -> None:
    view.show([entry(1, state=2)])
    view.show([entry(1, state=0)])
    assert view.shown[1][5] == 0


def test_who_leaves_the_view_is_gone_once(view: Any) -> None:
    view.show([entry(1), entry(2)])
    view.offer(entry(1, NOW + 1, lat=48.0))
    assert view.delta() == ([], [1])
    view.offer(entry(1, NOW + 2, lat=47.0))
    assert view.delta() == ([], [])
    view.offer(entry(1, NOW + 3))
    assert view.delta() == ([entry(1, NOW + 3)], [])


def test_who_is_not_stored_any_more_is_not_shown(view: Any) -> None:
    view.show([entry(1), entry(2)])
    view.offer(entry(2, NOW + 1))
    view.show([entry(1)])
    assert list(view.shown) == [1]
    assert view.delta() == ([], [])


def test_what_moved_and_was_not_heard_stands(view: Any) -> None:
    view.show([entry(1, NOW), entry(2, NOW + MOVING_FOR_MS), entry(3, state=0)])
    view.age(NOW + MOVING_FOR_MS + 1)
    assert view.delta() == ([entry(1, NOW, state=1)], [])
    view.age(NOW + SILENT_AFTER_MS + 1)
    assert [found[5] for found in view.delta()[0]] == [1], "silence is for the database to say: it hears heartbeats"


def test_what_nobody_could_see_waits_but_not_for_long(database: None) -> None:
    from allconnects.telemetry.live.view import View, half_pixel

    view = View(1, BELGIUM, half_pixel(8.0))
    view.show([entry(1), entry(2), entry(3)])
    for device, lat in ((1, 50.80001), (2, 50.81)):
        view.offer(entry(device, NOW + 5000, lat=lat))
    view.offer(entry(3, NOW + 5000, state=1))
    assert [found[0] for found in view.delta(2)[0]] == [2, 3], "a step that is seen, and a state, are told at once"
    assert view.delta(3) == ([], [])
    told = [tick for tick in range(4, 30) if view.delta(tick)[0]]
    assert told == [19], "what waits is told within twenty ticks, and once"


def test_without_a_zoom_nothing_waits(database: None) -> None:
    from allconnects.telemetry.live.view import View, half_pixel

    view = View(1, BELGIUM, half_pixel(None))
    view.show([entry(1)])
    view.offer(entry(1, NOW + 1, lat=50.80001))
    assert view.delta(2)[0] == [entry(1, NOW + 1, lat=50.80001)]


@pytest.mark.parametrize(("text", "expected"), [("", None), ("8", 8.0), ("0", 0.0), ("11.5", 11.5)])
def test_the_zoom_of_a_query(database: None, text: str, expected: float | None) -> None:
    from allconnects.telemetry.live.stream import parse_zoom

    assert parse_zoom(text) == expected


@pytest.mark.parametrize("text", ["-1", "25", "nan", "inf", "x", "1,2"])
def test_what_is_no_zoom(database: None, text: str) -> None:
    from allconnects.telemetry.live.stream import parse_zoom

    with pytest.raises(ValueError):  # noqa: PT011  # float() has its own words
        parse_zoom(text)


def test_every_piece_of_a_compressed_stream_can_be_read_at_once(database: None) -> None:
    from allconnects.telemetry.live.stream import squeezed

    pieces = [b"event: a\ndata: 1\n\n", b": \n\n", b"event: b\ndata: 2\n\n"]

    async def source() -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            yield piece

    async def run() -> list[bytes]:
        unpack = zlib.decompressobj(31)
        return [unpack.decompress(piece) async for piece in squeezed(source())]

    assert asyncio.run(run()) == pieces


@pytest.mark.parametrize(
    ("report", "fix", "speed", "state"),
    [
        (NOW, NOW, 50.0, State.MOVING),
        (NOW, NOW, 5.0, State.MOVING),
        (NOW, NOW, 4.9, State.STANDING),
        (NOW, NOW, None, State.STANDING),
        (NOW, NOW - MOVING_FOR_MS - 1, 50.0, State.STANDING),
        (NOW, None, 50.0, State.STANDING),
        (NOW - SILENT_AFTER_MS, NOW - SILENT_AFTER_MS, 0.0, State.STANDING),
        (NOW - SILENT_AFTER_MS - 1, NOW, 50.0, State.SILENT),
        (None, None, None, State.SILENT),
    ],
)
def test_state(report: int | None, fix: int | None, speed: float | None, state: State) -> None:
    assert state_of(NOW, report, fix, speed) is state


@pytest.mark.parametrize(
    ("box", "lat", "lon", "inside"),
    [
        (BELGIUM, 50.0, 4.0, True),
        (BELGIUM, 49.4, 2.5, True),
        (BELGIUM, 49.3, 4.0, False),
        (BELGIUM, 50.0, 6.6, False),
        (Box(170, -50, -170, 50), 0.0, 179.0, True),
        (Box(170, -50, -170, 50), 0.0, -175.0, True),
        (Box(170, -50, -170, 50), 0.0, 0.0, False),
        (WORLD, -90.0, 180.0, True),
    ],
)
def test_box(box: Box, lat: float, lon: float, inside: bool) -> None:
    assert box.holds(round(lat * 1e7), round(lon * 1e7)) is inside


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", WORLD),
        ("2.5,49.4,6.5,51.6", BELGIUM),
        ("-181,10,181,20", WORLD),
        ("175,-10,190,10", Box(175, -10, -170, 10)),
        ("1,2,3", None),
        ("1,2,3,4,5", None),
        ("a,b,c,d", None),
        ("nan,1,2,3", None),
        ("1,nan,2,nan", None),
        ("inf,1,2,3", None),
        ("1,50,2,49", None),
        ("1,-91,2,49", None),
    ],
)
def test_the_box_of_a_query(database: None, text: str, expected: Box | None) -> None:
    from allconnects.telemetry.live.stream import parse_box

    assert parse_box(text) == expected


_FIXES = st.builds(
    Fix,
    st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1), st.integers(0, 4_102_444_800_000),
    st.integers(-900_000_000, 900_000_000), st.integers(-1_800_000_000, 1_800_000_000),
    st.none() | st.floats(0, 1000), st.none() | st.floats(0, 360),
)  # fmt: skip


@given(st.lists(_FIXES, max_size=400))
def test_every_notice_is_small_enough_and_nothing_is_lost(fixes: list[Fix]) -> None:
    notices = payloads(fixes)
    assert all(len(notice.encode()) < 8000 for notice in notices)
    assert [tuple(fix) for notice in notices for fix in json.loads(notice)] == [tuple(fix) for fix in fixes]


def latest(*fixes: tuple[int, int]) -> Latest:
    """(device, time in ms) as a writer tells it."""
    devices, times = (np.array(column, np.int64) for column in zip(*fixes, strict=True))
    unknown = np.full(len(devices), np.nan, np.float32)
    place = np.full(len(devices), 500_000_000, np.int32)
    return Latest(np.ones(len(devices), np.int64), devices, times, place, place, unknown, unknown, devices, times, [])


def test_the_outbox_tells_the_newest_of_each_device_once() -> None:
    told: list[list[Fix]] = []

    class Bus:
        async def publish(self, fixes: Any) -> None:
            told.append(list(fixes))

    async def run() -> None:
        outbox = Outbox(Bus())  # type: ignore[arg-type]
        task = asyncio.create_task(outbox.run())
        outbox.add(latest((1, NOW), (2, NOW)))
        outbox.add(latest((1, NOW - 5)))
        outbox.add(latest((2, NOW + 5)))
        await asyncio.sleep(0.4)
        task.cancel()

    asyncio.run(run())
    assert [[(fix.device, fix.time_ms) for fix in fixes] for fixes in told] == [[(1, NOW), (2, NOW + 5)]]
    assert told[0][0].speed_kmh is None
