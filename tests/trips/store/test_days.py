"""Midnight, nights of 23 and 25 hours, who drove, late data in the middle, a killed worker, rights."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from allconnects.kit import clock
from allconnects.privacy.vault import KeyRestricted, person
from allconnects.trips import jobs, services
from allconnects.trips.stored import StoredTrip
from tests.telemetry.store.sealed import drives
from tests.trips.journey import Journey
from tests.trips.store.yard import START, Trips, journey, speaking

HOUR = timedelta(hours=1)


def night_drive(start: datetime) -> Journey:
    """Rest, an hour and a half of driving, rest."""
    return (
        journey(start).fix().park(1800).wait(20).fix(on=True).wait(20).drive(75_000).wait(20).fix(on=False).park(3600)
    )


def computed(trips: Trips, start: datetime) -> tuple[int, StoredTrip]:
    device = trips.yard.device()
    rows = night_drive(start).rows
    trips.send(device, rows)
    now = datetime.fromtimestamp(rows[-1][0] / 1000, UTC) + HOUR
    trips.compute(device, now)
    with speaking(trips.yard.organisation):
        (one,) = services.trips_between(trips.yard.organisation, start, now, device=device.id)
    return device.id, one


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 9, 21), 24), (date(2026, 10, 24), 24), (date(2026, 3, 28), 24)], ids=str
)
def test_a_trip_over_midnight_is_one_and_counts_for_the_day_it_starts_on(trips: Trips, day: date, hours: int) -> None:
    """Also into the night in which the clock is put back, and that in which it is put on."""
    midnight = services.bounds(day)[1]
    device, one = computed(trips, midnight - HOUR)
    assert one.start < midnight < one.end
    assert abs(one.duration_s - 75_000 / 50 * 3.6) < 60
    following = day + timedelta(days=1)
    with clock.at(midnight + 5 * HOUR), speaking(trips.yard.organisation):
        first, second = (services.day_of(trips.yard.organisation, device, at) for at in (day, following))
    assert [len(first.trips), len(second.trips)] == [1, 1]
    assert [first.totals.trips, second.totals.trips] == [1, 0]
    assert second.end - second.start == {date(2026, 10, 25): 25 * HOUR, date(2026, 3, 29): 23 * HOUR}.get(
        following, 24 * HOUR
    )
    with speaking(trips.yard.organisation):
        assert [row.day for row in services.month_overview(trips.yard.organisation, day)] == [day]


def test_drives_in_the_hour_that_comes_twice(trips: Trips) -> None:
    """02:00 to 03:00 happens twice on 25 October: two trips, in order, each as long as it was."""
    device = trips.yard.device()
    made = journey(datetime(2026, 10, 24, 23, 0, tzinfo=UTC)).fix().park(3000)
    for _ in range(2):
        made.wait(20).fix(on=True).wait(20).drive(12_500).wait(20).fix(on=False).park(2700)
    trips.send(device, made.rows)
    trips.compute(device, datetime(2026, 10, 25, 6, 0, tzinfo=UTC))
    found = trips.trips(device, "start_at, end_at, extract(epoch FROM end_at - start_at)::int")
    assert [row[2] for row in found] == [940, 940]
    assert found[0][1] < found[1][0]


def test_a_new_driver_under_way_is_another_trip(trips: Trips) -> None:
    device = trips.yard.device()
    made = journey().fix().park(1800).wait(20).fix(on=True).wait(20).drive(20_000).wait(20).fix(on=False).park(1800)
    moving = [row[0] for row in made.rows if row[3] > 0]
    middle = round(moving[len(moving) // 2])
    one = drives(trips.yard, device.id, round(START.timestamp() * 1000), middle)
    other = drives(trips.yard, device.id, middle, None)
    trips.send(device, made.rows)
    trips.compute(device, START + 3 * HOUR)
    found = trips.trips(device, "person, distance_m, why->'start'->>0, why->'end'->>0")
    assert [row[0] for row in found] == [one, other]
    assert sum(row[1] for row in found) == pytest.approx(20_000, abs=1)
    assert [row[2:] for row in found] == [("ignition_on", "driver_changed"), ("driver_changed", "ignition_off")]
    spans = trips.trips(device, "start_at, end_at")
    assert spans[0][1] == spans[1][0]


def test_a_badge_at_a_stop_splits_nothing(trips: Trips) -> None:
    device = trips.yard.device()
    made = journey().fix().park(1800).wait(20).fix(on=True).wait(40)
    badge = made.now_ms - 15_000
    made.fix(on=True).wait(20).drive(20_000).wait(20).fix(on=False).park(1800)
    driver = drives(trips.yard, device.id, badge, None)
    trips.send(device, made.rows)
    trips.compute(device, START + 3 * HOUR)
    assert trips.trips(device, "person, round(distance_m), why->'start'->>0") == [(driver, 20_000, "driver_changed")]


def test_a_driver_named_later_cuts_what_was_computed_and_nothing_else(trips: Trips) -> None:
    device = trips.yard.device()
    made = journey().fix().park(1800)
    for course in (0, 180):
        made.wait(20).fix(on=True).wait(20).drive(10_000, course_deg=course).wait(20).fix(on=False).park(3600)
    trips.send(device, made.rows)
    now = START + 6 * HOUR
    trips.compute(device, now)
    (first, second) = trips.trips(device, "id, start_at, end_at, computed_at")
    named = drives(trips.yard, device.id, round(second[1].timestamp() * 1000) - 600_000, None)
    trips.compute(device, now + HOUR)
    after = trips.trips(device, "id, person, computed_at")
    assert after[0] == (first[0], None, first[3])
    assert after[1][:2] == (second[0], named)


def test_late_data_in_the_middle_joins_what_was_apart(trips: Trips) -> None:
    device = trips.yard.device()
    made = journey(ignition=False, speeds=False).fix().park(1800).wait(20).drive(60_000).park(3600)
    rows = made.rows
    away = [row for row in rows if not 1_200_000 < row[0] - rows[40][0] < 3_600_000]
    trips.send(device, away)
    now = START + 6 * HOUR
    trips.compute(device, now)
    before = trips.trips(device, "id")
    trips.send(device, [row for row in rows if row not in away], received=now)
    trips.compute(device, now)
    ((number, metres),) = trips.trips(device, "id, round(distance_gps_m)")
    assert abs(metres - 60_000) < 200
    assert (number,) in before


def test_what_is_restricted_waits(trips: Trips) -> None:
    device = trips.yard.device()
    rows = night_drive(START).rows
    driver = drives(trips.yard, device.id, round(START.timestamp() * 1000), None)
    trips.send(device, rows)
    trips.seal(device, START)
    trips.vault.set_state(trips.yard.organisation, person(driver), "restricted", who="process:test", reason="asked")
    with pytest.raises(KeyRestricted), clock.at(START + 6 * HOUR):
        jobs.compute(trips.worker, trips.vault, device.organisation, device.id, 60)
    with clock.at(START + 6 * HOUR):
        jobs._try(trips.worker, trips.vault, device.organisation, device.id, 60)
    assert trips.trips(device) == []
    waiting = trips.worker.execute("SELECT retry_after FROM trips_pending WHERE device_id = %s", (device.id,))
    assert all(row[0] is not None for row in waiting)


_KILLED = """
import sys
from datetime import datetime
import django
django.setup()
from allconnects.kit import clock, db
from allconnects.privacy.vault.service import from_settings
from allconnects.trips import jobs
with from_settings() as vault, db.connect("worker", autocommit=True) as worker:
    print("go", flush=True)
    with clock.at(datetime.fromisoformat(sys.argv[1])):
        jobs.compute(worker, vault, int(sys.argv[2]), int(sys.argv[3]), 60)
"""


def test_a_killed_worker_leaves_all_or_nothing(trips: Trips) -> None:
    device = trips.yard.device()
    rows = night_drive(START).rows
    now = START + 6 * HOUR
    trips.send(device, rows)
    states = set()
    for wait_s in (0.0, 0.03, 0.15):
        args = [sys.executable, "-c", _KILLED, now.isoformat(), str(device.organisation), str(device.id)]
        process = subprocess.Popen(args, stdout=subprocess.PIPE, env=dict(os.environ))
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        pending = trips.worker.execute("SELECT count(*) FROM trips_pending WHERE device_id = %s", (device.id,))
        states.add((len(trips.trips(device)), len(trips.stops(device)), pending.fetchall()[0][0]))
        trips.send(device, rows[:1], received=now)
    trips.compute(device, now)
    assert {(one, stops) for one, stops, _ in states} <= {(0, 0), (1, 2)}
    assert all(waits for one, _, waits in states if not one)
    assert (len(trips.trips(device)), len(trips.stops(device))) == (1, 2)


def test_each_week_has_a_leaf_that_goes_whole(trips: Trips) -> None:
    computed(trips, START)
    with clock.at(START + timedelta(days=30)):
        assert "trips_trip_20260921" not in jobs.drop_expired(trips.worker, 365)
    rows = trips.yard.owner.execute("SELECT relname FROM pg_class WHERE relname IN ('trips_trip_20260921')").fetchall()
    assert rows == [("trips_trip_20260921",)]


def test_stops_alternate_with_trips(trips: Trips) -> None:
    device, _ = computed(trips, START)
    with speaking(trips.yard.organisation):
        day = services.day_of(trips.yard.organisation, device, START.date())
    edges = sorted([(one.start, one.end) for one in (*day.trips, *day.stops)])
    assert all(a[1] == b[0] for a, b in itertools.pairwise(edges))
