"""Idling in stops: stored, by the day on which it was, of whom it was, the same however the data come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from allconnects.kit import clock
from allconnects.trips import services
from tests.trips.store.yard import START, Trips, journey, speaking

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def night(start: datetime = START) -> Any:
    """Arrives, idles for 20 minutes once a fix says it stands, stands for 14 hours, warms up for 12, leaves, stands."""
    made = journey(start).fix().park(600).wait(20).fix(on=True).wait(20).drive(10_000)
    made.park(1260, on=True).wait(60).fix(on=False).park(14 * 3600, every_s=600)
    made.wait(60).fix(on=True).park(720, on=True).drive(9_000, course_deg=180)
    return made.wait(20).fix(on=False).park(3600)


def idles(trips: Trips, device: Any) -> list[tuple[float, list[tuple[float, float]]]]:
    """Of each stop its hours, and minutes of each idling from its start."""
    found = []
    for start, end, idle in trips.stops(device, "start_at, end_at, idle"):
        pairs = zip(idle[::2], idle[1::2], strict=True)
        found.append(((end - start) / HOUR, [((a - start) / MINUTE, (b - start) / MINUTE) for a, b in pairs]))
    return found


def test_idling_after_arrival_and_before_leaving_stands_in_the_stop(trips: Trips) -> None:
    device = trips.yard.device()
    rows = night().rows
    trips.send(device, rows)
    trips.compute(device, datetime.fromtimestamp(rows[-1][0] / 1000, UTC) + HOUR)
    first, between, last = idles(trips, device)
    assert first[1] == []
    assert [(round(a, 1), round(b - a, 1)) for a, b in between[1]] == [(0, 21), (round(between[0] * 60 - 12, 1), 12)]
    assert last[1] == []


def test_it_is_the_same_when_it_comes_minute_by_minute_or_late(trips: Trips) -> None:
    rows = night().rows
    now = datetime.fromtimestamp(rows[-1][0] / 1000, UTC) + HOUR
    whole, bit, late = (trips.yard.device() for _ in range(3))
    trips.send(whole, rows)
    trips.compute(whole, now)
    for cut in range(0, len(rows), 7):
        trips.send(bit, rows[cut : cut + 7])
        trips.compute(bit, now)
    trips.send(late, [row for n, row in enumerate(rows) if n % 3])
    trips.compute(late, now)
    trips.send(late, rows[::3], received=now + HOUR)
    trips.compute(late, now + 2 * HOUR)
    assert idles(trips, bit) == idles(trips, late) == idles(trips, whole)


def test_it_counts_for_the_day_on_which_it_was(trips: Trips) -> None:
    """Arrives on Monday evening, warms up on Tuesday morning; START is at 7:00 in Brussels."""
    device = trips.yard.device()
    start = datetime(2026, 9, 21, 16, 0, tzinfo=UTC)
    rows = night(start).rows
    trips.send(device, rows)
    now = datetime.fromtimestamp(rows[-1][0] / 1000, UTC) + HOUR
    trips.compute(device, now)
    organisation = trips.yard.organisation
    with clock.at(now), speaking(organisation):
        monday, tuesday = (services.day_of(organisation, device.id, date(2026, 9, day)) for day in (21, 22))
        month = {use.day.day: use for use in services.month_overview(organisation, date(2026, 9, 1))}
        days = services.idled(organisation, start, now, devices=[device.id])
    in_trips = [sum(one.idle_s for one in day.trips if day.start <= one.start < day.end) for day in (monday, tuesday)]
    assert [day.totals.idle_s - own for day, own in zip((monday, tuesday), in_trips, strict=True)] == [1260, 720]
    assert [month[day].idle_s - own for day, own in zip((21, 22), in_trips, strict=True)] == [1260, 720]
    assert days == {date(2026, 9, 21): 1260, date(2026, 9, 22): 720}


def test_a_night_of_idling_is_cut_at_midnight_and_counts_the_hours_of_that_night(trips: Trips) -> None:
    """The clock is put back on 25 October 2026: that day has 25 hours."""
    device = trips.yard.device()
    start = datetime(2026, 10, 24, 19, 0, tzinfo=UTC)
    made = journey(start).fix().park(600).drive(10_000).wait(10).fix(on=True)
    made.park(32 * 3600, every_s=240, on=True).wait(60).fix(on=False)
    trips.send(device, made.rows)
    now = start + 40 * HOUR
    trips.compute(device, now)
    organisation = trips.yard.organisation
    with clock.at(now), speaking(organisation):
        (stop,) = [one for one in services.stops_between(organisation, start, now, device=device.id) if one.idle]
        days = services.idled(organisation, start, now, devices=[device.id])
        month = {use.day.day: use for use in services.month_overview(organisation, date(2026, 10, 1))}
    assert days[date(2026, 10, 25)] == 25 * 3600
    assert (month[25].trips, month[25].idle_s, month[25].first_start) == (0, 25 * 3600, None)
    assert (month[24].trips, month[24].vehicle, month[24].device) == (1, None, device.id)
    assert sum(days.values()) == stop.idle_s == 32 * 3600 + 60


def test_who_idled_before_leaving_is_who_left(trips: Trips) -> None:
    from tests.reports.firm import Firm

    firm = Firm(trips.yard.owner, trips.yard.organisation)
    came, left = firm.person("Ann", "Adams"), firm.person("Bob", "Brook")
    _vehicle, device = firm.vehicle("Van 1")
    at = datetime(2026, 9, 21, 16, tzinfo=UTC)
    firm.trip(device, at - HOUR, at, person=came)
    firm.stop(
        device, at, at + 14 * HOUR, came,
        (at, at + 10 * MINUTE, at + HOUR, at + HOUR + 5 * MINUTE, at + 10 * HOUR, at + 10 * HOUR + MINUTE,
         at + 14 * HOUR - 12 * MINUTE, at + 14 * HOUR),
    )  # fmt: skip
    firm.trip(device, at + 14 * HOUR, at + 15 * HOUR, person=left)
    with speaking(trips.yard.organisation):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT person, day, sum(idle_s) FROM trips_idle(%s, %s, %s) GROUP BY 1, 2",
                [firm.organisation, at, at + 20 * HOUR],
            )
            found = {(row[0], row[1].day): row[2] for row in cursor.fetchall()}
    assert found == {(came, 21): 900, (None, 22): 60, (left, 22): 720}
