"""AT-17, at the server: what happens in private time is in no table, whenever it arrives and whoever presses when."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.accounts.tenancy import speak_for
from allconnects.kit import db
from allconnects.kit.clock import BRUSSELS
from allconnects.telemetry.gateway.directory import _SELECT, DeviceRef
from allconnects.telemetry.imports import pieces
from allconnects.telemetry.live.snapshot import LATEST
from allconnects.telemetry.store import gate
from allconnects.telemetry.store.gate import FOREVER_MS, OPEN, Gate, GateMoved
from allconnects.telemetry.store.reader import track
from allconnects.telemetry.store.rows import HOT_COLUMNS
from tests.telemetry.store.hot import HOUR, NOON, Yard, at
from tests.waiting import PATIENCE_S

MINUTE = 60_000
spans = st.lists(st.integers(-50, 50), min_size=0, max_size=8, unique=True).map(
    lambda ends: [(a, b) for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)]
)


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


class Web:
    """A transaction of a page at a time."""

    def __init__(self, organisation: int) -> None:
        self.organisation = organisation

    def __enter__(self) -> psycopg.Cursor[Any]:
        self.connection = psycopg.connect(db.conninfo("web"))
        speak_for(self.connection, self.organisation)
        return self.connection.cursor()

    def __exit__(self, kind: Any, *_: Any) -> None:
        (self.connection.rollback if kind else self.connection.commit)()
        self.connection.close()


def private(yard: Yard, device: DeviceRef, start: int, end: int | None) -> int:
    with Web(yard.organisation) as cursor:
        until = None if end is None else moment(end)
        return gate.make_private(cursor, yard.organisation, device.id, moment(start), until, "driver")


def refresh(yard: Yard, device: DeviceRef) -> None:
    """As the gateway does when it is told."""
    row = yard.owner.execute(_SELECT + " WHERE d.id = %s", (device.id,)).fetchone()
    assert row is not None
    device.gate = Gate.of(*row[6:])


def seen(yard: Yard, device: DeviceRef) -> list[int]:
    with Web(yard.organisation) as cursor:
        found = track(cursor, yard.organisation, device.id, moment(NOON - 30 * HOUR), moment(NOON + 30 * HOUR))
    return [int(t) for t in found.time_ms]


def shown(yard: Yard, device: DeviceRef) -> bool:
    with Web(yard.organisation) as cursor:
        return device.id in {row[0] for row in cursor.execute(LATEST).fetchall()}


@given(spans, spans, st.booleans(), st.lists(st.integers(-60, 60)))
def test_a_gate_is_what_a_plain_look_at_its_spans_says(
    closed: list[tuple[int, int]], recorded: list[tuple[int, int]], scheduled: bool, times: list[int]
) -> None:
    one = Gate.of(1, scheduled, closed, recorded)
    expected = [
        not any(a <= t < b for a, b in closed) and (not scheduled or any(a <= t < b for a, b in recorded))
        for t in times
    ]
    assert one.passes(np.array(times, np.int64)).tolist() == expected
    assert [one.passes_at(t) for t in times] == expected


def test_most_devices_share_the_open_gate() -> None:
    assert Gate.of(0, False, [], []) is OPEN
    assert OPEN.is_open
    assert not Gate.of(3, True, [], []).is_open


def test_private_time_is_not_written(yard: Yard) -> None:
    device = yard.device()
    private(yard, device, NOON, NOON + HOUR)
    refresh(yard, device)
    yard.send(device, *(at(NOON + m * MINUTE) for m in range(-2, 63)), received=NOON + HOUR + 3 * MINUTE)
    kept = [NOON + m * MINUTE for m in (-2, -1, 60, 61, 62)]
    assert yard.times(device) == kept
    assert seen(yard, device) == kept


def test_a_private_fix_that_comes_late_is_not_written_either(yard: Yard) -> None:
    device = yard.device()
    private(yard, device, NOON, NOON + HOUR)
    refresh(yard, device)
    yard.send(device, at(NOON + 2 * HOUR), received=NOON + 2 * HOUR)
    yard.send(device, at(NOON + MINUTE), at(NOON + HOUR), received=NOON + 5 * HOUR)
    assert yard.times(device) == [NOON + HOUR, NOON + 2 * HOUR]


def test_a_gateway_that_was_not_told_yet_is_refused_and_learns(yard: Yard) -> None:
    """The notice is on its way; nothing slips through, and nothing is lost when private time ended."""
    device = yard.device()
    batch = yard.batch(device, at(NOON + MINUTE))
    private(yard, device, NOON, None)
    with pytest.raises(GateMoved) as moved:
        yard.write(batch)
    device.gate = moved.value.gates[device.id]
    yard.send(device, at(NOON + MINUTE))
    assert yard.times(device) == []
    batch = yard.batch(device, at(NOON + HOUR))
    assert not len(batch.batch.parts)
    with Web(yard.organisation) as cursor:
        assert gate.end_private(cursor, yard.organisation, device.id, moment(NOON + HOUR))
    with pytest.raises(GateMoved):
        yard.write(batch)
    refresh(yard, device)
    yard.send(device, at(NOON + HOUR))
    assert yard.times(device) == [NOON + HOUR]


def test_what_was_recorded_before_the_button_was_pressed_goes(yard: Yard) -> None:
    device = yard.device()
    yard.send(device, *(at(NOON + m * MINUTE) for m in range(10)))
    assert shown(yard, device)
    assert private(yard, device, NOON + 5 * MINUTE, None) == 5
    assert yard.times(device) == [NOON + m * MINUTE for m in range(5)]
    assert not shown(yard, device), "the last place may be a home"
    assert yard.live(device)["lat_e7"] is None


def test_the_live_state_of_a_private_device_says_nothing(yard: Yard) -> None:
    device = yard.device()
    yard.send(device, at(NOON))
    before = yard.live(device)["report_at"]
    private(yard, device, NOON + MINUTE, None)
    refresh(yard, device)
    yard.send(device, at(NOON + 2 * MINUTE, ignition=True), at(None, None, sat=3), received=NOON + 2 * MINUTE)
    assert yard.live(device)["report_at"] == before
    assert yard.live(device)["attributes"] is None


def test_a_batch_under_way_is_waited_for(yard: Yard) -> None:
    """Pressed while a batch is between its COPY and its commit: what it wrote is taken out."""
    device, done = yard.device(), []
    yard.send(device, at(NOON - MINUTE))
    writer = psycopg.connect(yard.conninfo)
    leaf = f"telemetry_position_{moment(NOON):%Y%m%d}"
    columns = ", ".join(name for name in HOT_COLUMNS if name != "fix_time")
    writer.execute(
        f"INSERT INTO {leaf} (fix_time, {columns}) SELECT fix_time + interval '2 minutes', {columns} "
        "FROM telemetry_position WHERE device_id = %s",
        (device.id,),
    )
    writer.execute(gate.LOCK_SHARED, ([gate.bucket(yard.organisation)],))
    press = threading.Thread(target=lambda: done.append(private(yard, device, NOON, None)))
    press.start()
    press.join(0.5)
    assert press.is_alive()
    writer.commit()
    writer.close()
    press.join(PATIENCE_S)
    assert done == [1]
    assert yard.times(device) == [NOON - MINUTE]


def test_private_times_that_touch_become_one(yard: Yard) -> None:
    device = yard.device()
    private(yard, device, NOON, NOON + HOUR)
    private(yard, device, NOON + HOUR, NOON + 2 * HOUR)
    private(yard, device, NOON - HOUR, NOON + MINUTE)
    private(yard, device, NOON + 5 * HOUR, None)
    refresh(yard, device)
    assert device.gate.private.tolist() == [[NOON - HOUR, NOON + 2 * HOUR], [NOON + 5 * HOUR, FOREVER_MS]]


def test_an_import_does_not_bring_private_time_back(yard: Yard) -> None:
    device = yard.device()
    private(yard, device, NOON, NOON + HOUR)
    hot = pieces.writer()
    try:
        pieces.write(hot, yard.organisation, [(device.id, at(NOON + m * MINUTE)) for m in (-1, 1, 61)])
    finally:
        hot.close()
    assert sorted(yard.times(device)) == [NOON - MINUTE, NOON + 61 * MINUTE]


def test_outside_its_schedule_a_device_is_not_recorded(yard: Yard) -> None:
    device = yard.device()
    yard.send(device, at(NOON - MINUTE))
    with Web(yard.organisation) as cursor:
        spans = [(moment(NOON + HOUR), moment(NOON + 2 * HOUR))]
        gate.set_schedule(cursor, yard.organisation, device.id, moment(NOON), spans)
    refresh(yard, device)
    assert seen(yard, device) == [NOON - MINUTE], "what was recorded before there was a schedule stays"
    yard.send(device, *(at(NOON + h * HOUR // 2) for h in range(-1, 6)), received=NOON + 3 * HOUR)
    assert yard.times(device) == [NOON - HOUR // 2, NOON - MINUTE, NOON + HOUR, NOON + 3 * HOUR // 2]
    with Web(yard.organisation) as cursor:
        gate.set_schedule(cursor, yard.organisation, device.id, moment(NOON + 3 * HOUR), None)
    refresh(yard, device)
    yard.send(device, at(NOON + 5 * HOUR // 2), at(NOON + 4 * HOUR), received=NOON + 4 * HOUR)
    assert yard.times(device)[-1] == NOON + 4 * HOUR
    assert NOON + 5 * HOUR // 2 not in yard.times(device)


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2026, 3, 29)], ids=["25 hours", "23 hours"])
def test_a_schedule_over_a_night_of_summer_time_is_wall_clock(yard: Yard, day: date) -> None:
    start = datetime.combine(day, datetime.min.time(), BRUSSELS)
    span = (start.replace(hour=1), start.replace(hour=5))
    one = Gate.of(1, True, [], [(int(a.timestamp() * 1000), int(b.timestamp() * 1000)) for a, b in [span]])
    hours = (span[1].timestamp() - span[0].timestamp()) / 3600
    minutes = [start.timestamp() + m * 60 for m in range(25 * 60)]
    passed = int(one.passes(np.array([int(m * 1000) for m in minutes], np.int64)).sum())
    assert passed == hours * 60
    assert hours == (5 if day.month == 10 else 3)


def test_sealed_days_lose_what_becomes_private(yard: Yard) -> None:
    from allconnects.privacy.vault.service import from_settings
    from allconnects.telemetry.store.sealing import seal_day

    device = yard.device()
    yard.send(device, *(at(NOON + m * MINUTE) for m in range(10)))
    day = moment(NOON).astimezone(BRUSSELS).date()
    with from_settings() as vault, db.connect("worker", autocommit=True) as worker:
        assert seal_day(worker, vault, yard.organisation, device.id, day).positions == 10
        private(yard, device, NOON, NOON + 5 * MINUTE)
        kept = [NOON + m * MINUTE for m in range(5, 10)]
        assert seen(yard, device) == kept, "hidden at once"
        waiting = worker.execute(
            "SELECT urgent FROM telemetry_unsealed WHERE device_id = %s AND day = %s", (device.id, day)
        ).fetchone()
        assert waiting == (True,)
        assert seal_day(worker, vault, yard.organisation, device.id, day).positions == 5
    assert seen(yard, device) == kept


@pytest.fixture
def neighbour(yard: Yard, other_organisation: Any) -> Iterator[Yard]:
    made = Yard(yard.owner, other_organisation.pk, yard.conninfo)
    yield made
    made.close()


def test_another_organisation_cannot_press(yard: Yard, neighbour: Yard) -> None:
    device = yard.device()
    yard.send(device, at(NOON))
    with pytest.raises(psycopg.Error), Web(neighbour.organisation) as cursor:
        gate.make_private(cursor, yard.organisation, device.id, moment(NOON), None, "driver")
    with Web(neighbour.organisation) as cursor:
        cursor.execute("SELECT telemetry_forget_time(%s, tstzrange(NULL, NULL))", (device.id,))
    assert yard.times(device) == [NOON]
    assert seen(yard, device) == [NOON]


def test_private_now_ends_by_itself(yard: Yard) -> None:
    device = yard.device()
    now = datetime.now(UTC)
    private(yard, device, int((now - timedelta(minutes=5)).timestamp() * 1000), int(now.timestamp() * 1000))
    refresh(yard, device)
    with Web(yard.organisation) as cursor:
        assert not gate.end_private(cursor, yard.organisation, device.id, now + timedelta(seconds=1))
