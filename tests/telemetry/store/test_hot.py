"""The store against a real database: each position exactly once, and a live state that never goes back."""

from __future__ import annotations

import math
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allconnects.kit import clock
from allconnects.telemetry.gateway.directory import _SELECT, DeviceRef
from allconnects.telemetry.store import blob
from allconnects.telemetry.store.hot import DeviceGone, HotWriter
from tests.telemetry.store.hot import HOUR, NOON, Yard, at

MIDNIGHT = NOON + 12 * HOUR


def as_time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def restarted(yard: Yard, device: DeviceRef) -> DeviceRef:
    """The device as a gateway knows it that has just started."""
    row = yard.owner.execute(_SELECT + " WHERE d.id = %s", (device.id,)).fetchone()
    assert row is not None
    return DeviceRef(*row[:6])


def test_the_same_batch_twice_is_stored_once(yard: Yard) -> None:
    device = yard.device()
    fixes = [at(NOON - n * 1000) for n in range(5)]
    for _ in range(3):
        yard.send(device, *fixes)
    assert yard.times(device) == sorted(fix.time_ms or 0 for fix in fixes)


def test_another_split_and_another_order_change_nothing(yard: Yard) -> None:
    device = yard.device()
    fixes = [at(NOON - n * 1000, speed=float(n)) for n in range(12)]
    yard.send(device, *fixes)
    shuffled = random.Random(7).sample(fixes, len(fixes))
    for start in range(0, 12, 5):
        yard.send(device, *shuffled[start : start + 5], received=NOON + start)
    yard.send(restarted(yard, device), *reversed(fixes))
    assert yard.times(device) == sorted(fix.time_ms or 0 for fix in fixes)


def test_twice_in_one_batch_is_once(yard: Yard) -> None:
    device = yard.device()
    yard.send(device, at(NOON), at(NOON), at(NOON - 1000), at(NOON))
    assert yard.times(device) == [NOON - 1000, NOON]


def test_other_content_at_the_same_time_is_another_position(yard: Yard) -> None:
    """Two records of one millisecond (a fix and an event) are both kept."""
    device = yard.device()
    yard.send(device, at(NOON, event=1), at(NOON, event=2))
    yard.send(device, at(NOON, event=2), at(NOON, event=3))
    assert yard.times(device) == [NOON] * 3


def test_two_writers_at_once_store_each_position_once(yard: Yard) -> None:
    devices = [yard.device() for _ in range(8)]
    writers = [yard.writer(), yard.writer()]

    def resend(number: int) -> None:
        own = [DeviceRef(d.id, d.organisation, d.identifier, "", "", 0) for d in devices]
        order = random.Random(number)
        for step in range(6):
            fixes = [at(NOON - n * 1000) for n in order.sample(range(20), 12)]
            chosen = order.sample(own, 5)
            made = yard.batch_of([(device, fixes) for device in chosen], NOON + step)
            _patiently(yard, made, writers[number])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(resend, range(2)))
    for device in devices:
        times = yard.times(device)
        assert len(times) == len(set(times))


def _patiently(yard: Yard, made: object, writer: HotWriter) -> None:
    """As the gateway does: what failed for another's sake is written again."""
    for _ in range(20):
        try:
            yard.write(made, writer)  # type: ignore[arg-type]
            return
        except psycopg.OperationalError:
            continue
    pytest.fail("never got through")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 15), min_size=1, max_size=8), st.booleans(), st.integers(0, 30)),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_sent_again_each_position_is_there_once(
    yard: Yard, sendings: list[tuple[list[int], bool, int]]
) -> None:
    """Any overlap, order, restart and passing of midnight; a third of the reports has no place."""
    device = yard.device()
    sent, now = set(), MIDNIGHT - HOUR
    for numbers, restart, hours in sendings:
        now += hours * HOUR // 10
        known = restarted(yard, device) if restart else device
        fixes = [at(MIDNIGHT - HOUR - n * 60_000, None if n % 3 else 50.8) for n in numbers]
        yard.send(known, *fixes, received=now)
        sent |= {fix.time_ms for fix in fixes}
    assert yard.times(device) == sorted(time for time in sent if time is not None)


@pytest.mark.parametrize("lat", [50.8, None], ids=["fix", "no place"])
@pytest.mark.parametrize("restart", [False, True], ids=["same gateway", "restarted"])
@pytest.mark.parametrize("ahead", [-60_000, 3 * HOUR], ids=["right clock", "clock ahead"])
def test_sent_again_after_midnight(yard: Yard, lat: float | None, restart: bool, ahead: int) -> None:
    """The partition is another one then, so no index refuses the second copy."""
    device = yard.device()
    fix = at(MIDNIGHT - 1000 + ahead, lat)
    yard.send(device, fix, received=MIDNIGHT - 500)
    yard.send(restarted(yard, device) if restart else device, fix, received=MIDNIGHT + 500)
    assert yard.times(device) == [fix.time_ms]


def test_sent_again_by_another_gateway_after_midnight(yard: Yard) -> None:
    device = yard.device()
    elsewhere = restarted(yard, device)
    yard.send(device, at(MIDNIGHT - 1000), received=MIDNIGHT - 500)
    yard.send(elsewhere, at(MIDNIGHT - 1000), at(MIDNIGHT + 100), received=MIDNIGHT + 500, writer=yard.writer())
    assert yard.times(device) == [MIDNIGHT - 1000, MIDNIGHT + 100]


@pytest.mark.parametrize("lat", [50.8, None], ids=["fix", "no place"])
@pytest.mark.parametrize("where", ["same gateway", "restarted", "another gateway"])
def test_sent_again_in_other_pieces_after_midnight(yard: Yard, lat: float | None, where: str) -> None:
    """What was stored unacknowledged comes again, a little first: that little does not vouch for the rest."""
    device = yard.device()
    other = restarted(yard, device)
    fixes = [at(MIDNIGHT - 10_000 + n * 1000, lat) for n in range(6)]
    yard.send(device, *fixes, received=MIDNIGHT - 500)
    known = {"same gateway": device, "restarted": restarted(yard, device), "another gateway": other}[where]
    yard.send(known, fixes[0], received=MIDNIGHT + 120_000)
    yard.send(known, *fixes[1:3], received=MIDNIGHT + 121_000)
    yard.send(known, *fixes[2:], received=MIDNIGHT + 122_000)
    assert yard.times(device) == [fix.time_ms for fix in fixes]


@pytest.mark.parametrize("year", [1970, 1999, 2080, 2500, 9999])
def test_an_impossible_time_is_kept_once_and_poisons_nothing(yard: Yard, year: int) -> None:
    device = yard.device()
    odd = at(int(datetime(year, 1, 2, tzinfo=UTC).timestamp() * 1000), lat=10.0, mark="odd")
    yard.send(device, at(NOON, mark="good"))
    yard.send(device, odd)
    yard.send(device, at(NOON + 1000, mark="better"), received=NOON + 1000)
    yard.send(device, odd, received=MIDNIGHT + 5 * HOUR)
    live = yard.live(device)
    assert live["fix_time"] == as_time(NOON + 1000)
    assert live["lat_e7"] == 508_000_000
    assert blob.decode(bytes(live["attributes"])) == {"mark": "better"}
    assert len(yard.times(device)) == 3


def test_a_clock_some_hours_ahead_does_not_hide_what_comes_after(yard: Yard) -> None:
    device = yard.device()
    yard.send(device, at(NOON + 5 * HOUR, mark="ahead"))
    yard.send(device, at(NOON + 1000, mark="right"), received=NOON + 1000)
    live = yard.live(device)
    assert live["fix_time"] == as_time(NOON + 1000)
    assert blob.decode(bytes(live["attributes"])) == {"mark": "right"}
    assert len(yard.times(device)) == 2


def test_live_state_never_goes_back(yard: Yard) -> None:
    device = yard.device()
    yard.send(device, at(NOON, lat=50.0, mark="new"), received=NOON + 10)
    yard.send(device, at(NOON - HOUR, lat=51.0, mark="late"), received=NOON + 2000)
    live = yard.live(device)
    assert (live["fix_time"], live["lat_e7"]) == (as_time(NOON), 500_000_000)
    assert blob.decode(bytes(live["attributes"])) == {"mark": "new"}
    assert live["report_at"] == as_time(NOON + 2000)
    assert len(yard.times(device)) == 2


def test_the_newest_of_a_batch_is_live_whatever_its_order(yard: Yard) -> None:
    first, second = yard.device(), yard.device()
    messages = [(first, [at(NOON), at(NOON - 9)]), (second, [at(NOON - 5)]), (first, [at(NOON - 3)])]
    yard.write(yard.batch_of(messages))
    assert yard.live(first)["fix_time"] == as_time(NOON)
    assert yard.live(second)["fix_time"] == as_time(NOON - 5)


def test_what_a_busy_second_left_out_of_the_live_state_is_caught_up_with(yard: Yard) -> None:
    device, quiet, now = yard.device(), yard.device(), clock.now_ms()
    yard.send(device, at(now, lat=50.0), received=now + 5)
    yard.send(device, at(now + 300, lat=50.1), received=now + 310)
    assert yard.live(device)["fix_time"] == as_time(now)
    yard.writers[0].catch_up([device.id, quiet.id])
    live = yard.live(device)
    assert (live["fix_time"], live["lat_e7"]) == (as_time(now + 300), 501_000_000)
    assert live["report_at"] == as_time(now + 310)


def test_what_a_crash_left_out_is_caught_up_with_and_nothing_goes_back(yard: Yard) -> None:
    first, second, now = yard.device(), yard.device(), clock.now_ms()
    for device in (first, second):
        yard.send(device, at(now, lat=50.0), received=now + 5)
    yard.owner.execute(
        "UPDATE telemetry_live SET fix_time = fix_time - interval '1 h' WHERE device_id = %s", (first.id,)
    )
    yard.owner.execute(
        "UPDATE telemetry_live SET fix_time = fix_time + interval '1 h' WHERE device_id = %s", (second.id,)
    )
    yard.writers[0].catch_up()
    assert yard.live(first)["fix_time"] == as_time(now)
    assert yard.live(second)["fix_time"] == as_time(now + HOUR)


def test_a_report_without_a_place_keeps_the_place(yard: Yard) -> None:
    device = yard.device()
    yard.send(device, at(NOON, lat=50.0, ignition=True))
    yard.send(device, at(NOON + 1000, lat=None, ignition=False), received=NOON + 1500)
    live = yard.live(device)
    assert live["fix_time"] == as_time(NOON)
    assert live["report_at"] == as_time(NOON + 1500)
    assert blob.decode(bytes(live["attributes"])) == {"ignition": False}


def test_a_sign_of_life_without_data_is_a_report(yard: Yard) -> None:
    from allconnects.telemetry.gateway.assemble import assemble

    device = yard.device()
    yard.write(assemble([], [device], NOON))
    live = yard.live(device)
    assert (live["report_at"], live["fix_time"], live["attributes_time"]) == (as_time(NOON), None, None)
    yard.send(device, at(NOON, mark=1), received=NOON + 2000)
    yard.write(assemble([], [device], NOON + 4000))
    assert yard.live(device)["fix_time"] == as_time(NOON)
    assert blob.decode(bytes(yard.live(device)["attributes"])) == {"mark": 1}


def test_late_data_lands_in_its_place(yard: Yard) -> None:
    from allconnects.telemetry.store.reader import track

    device = yard.device()
    yard.send(device, at(NOON - 20 * 60_000), at(NOON))
    yard.send(device, at(NOON - 10 * 60_000), received=NOON + 2 * HOUR)
    with yard.owner.cursor() as cursor:
        found = track(cursor, yard.organisation, device.id, as_time(NOON - HOUR), as_time(NOON + HOUR))
    assert found.time_ms.tolist() == [NOON - 20 * 60_000, NOON - 10 * 60_000, NOON]


def test_what_the_device_did_not_say_is_unknown_when_read(yard: Yard) -> None:
    device = yard.device()
    yard.send(device, at(NOON, speed=None))
    row = yard.owner.execute(
        "SELECT speed_kmh, altitude_m, satellites FROM telemetry_position WHERE device_id = %s", (device.id,)
    ).fetchone()
    assert row is not None
    assert math.isnan(row[0])
    assert row[1:] == (12.0, -1)


def test_no_row_is_cut_by_a_day_of_receipt(yard: Yard) -> None:
    """Rows of both sides of midnight are there, each in the partition of its receipt."""
    device = yard.device()
    yard.send(device, at(MIDNIGHT - 2000), received=MIDNIGHT - 1)
    yard.send(device, at(MIDNIGHT - 1000), received=MIDNIGHT)
    rows = yard.owner.execute(
        "SELECT tableoid::regclass::text, received_at FROM telemetry_position WHERE device_id = %s ORDER BY 2",
        (device.id,),
    ).fetchall()
    days = [f"telemetry_position_{as_time(ms):%Y%m%d}" for ms in (MIDNIGHT - 1, MIDNIGHT)]
    assert [row[0] for row in rows] == days


def test_history_is_read_across_midnight_of_receipt(yard: Yard) -> None:
    from allconnects.telemetry.store.reader import track

    device = yard.device()
    yard.send(device, at(MIDNIGHT - 2000), received=MIDNIGHT - 1)
    yard.send(device, at(MIDNIGHT - 1000), received=MIDNIGHT + 30 * HOUR)
    day = as_time(MIDNIGHT) - timedelta(days=1)
    with yard.owner.cursor() as cursor:
        found = track(cursor, yard.organisation, device.id, day, day + timedelta(days=1))
    assert found.time_ms.tolist() == [MIDNIGHT - 2000, MIDNIGHT - 1000]


def test_a_device_that_is_deleted_meanwhile_leaves_nothing(yard: Yard) -> None:
    gone, stays = yard.device(), yard.device()
    made = yard.batch_of([(gone, [at(NOON)]), (stays, [at(NOON)])])
    yard.owner.execute("DELETE FROM telemetry_device WHERE id = %s", (gone.id,))
    with pytest.raises(DeviceGone) as told:
        yard.write(made)
    assert told.value.devices == {gone.id}
    assert yard.times(gone) == yard.times(stays) == []
    yard.send(stays, at(NOON))
    assert yard.times(stays) == [NOON]


@pytest.mark.parametrize("first", ["removal", "batch"])
def test_a_device_that_is_deleted_during_the_write_leaves_nothing(yard: Yard, first: str) -> None:
    """Whoever is second waits for the first, and sees what it did."""
    device, writer = yard.device(), yard.writer()
    yard.send(device, at(NOON), writer=writer)
    with psycopg.connect(_owner()) as other, ThreadPoolExecutor(1) as pool:
        if first == "removal":
            _remove(other, device)
            second = pool.submit(yard.send, device, at(NOON + 1000), writer=writer)
        else:
            other.execute("LOCK TABLE telemetry_position IN ROW EXCLUSIVE MODE")
            _insert_copy(other, device)
            second = pool.submit(_remove_and_commit, yard, device)
        with pytest.raises(TimeoutError):
            second.result(0.5)
        other.commit()
        if first == "removal":
            with pytest.raises(DeviceGone):
                second.result(10)
        else:
            second.result(10)
    assert yard.times(device) == []


def _owner() -> str:
    from allconnects.kit import db

    return db.conninfo("owner")


def _remove(connection: psycopg.Connection[Any], device: DeviceRef) -> None:
    """What the page does, as the owner."""
    connection.execute("SELECT set_config('app.organisation', %s, true)", (str(device.organisation),))
    connection.execute("SELECT telemetry_forget_device(%s)", (device.id,))
    connection.execute("DELETE FROM telemetry_device WHERE id = %s", (device.id,))


def _remove_and_commit(yard: Yard, device: DeviceRef) -> None:
    with psycopg.connect(_owner()) as connection:
        _remove(connection, device)


def _insert_copy(connection: psycopg.Connection[Any], device: DeviceRef) -> None:
    """A batch that is written and not committed."""
    connection.execute(
        "INSERT INTO telemetry_position SELECT fix_time + interval '1 s', received_at, content, organisation_id, "
        "device_id, lat_e7, lon_e7, altitude_m, speed_kmh, course_deg, satellites, flags, attributes "
        "FROM telemetry_position WHERE device_id = %s",
        (device.id,),
    )


def test_a_write_that_broke_off_can_be_repeated(yard: Yard) -> None:
    device, writer = yard.device(), yard.writer()
    yard.send(device, at(NOON), writer=writer)
    made = yard.batch(device, at(NOON), at(NOON + 1000))
    pid = writer.connection().info.backend_pid
    yard.owner.execute("SELECT 1")
    _end_backend(pid)
    with pytest.raises(psycopg.OperationalError):
        yard.write(made, writer)
    yard.write(made, writer)
    yard.write(made, writer)
    assert yard.times(device) == [NOON, NOON + 1000]


def _end_backend(pid: int) -> None:
    from allconnects.kit import db

    with psycopg.connect(db.admin_conninfo(), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
