"""How long somebody was at a site when his vehicle stays there: no nights, no weekends, a mark where nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.range import Range

from allconnects.fleet.rules import LONGEST_STAY
from allconnects.reports.hours import DEFAULT, Schedule
from allconnects.reports.presence import Presence, presence
from tests.reports.firm import Firm, at, days

Lines = Callable[..., list[dict[str, Any]]]
SHIFTS = Schedule({day: ((time(8), time(12)), (time(13), time(17))) for day in range(5)}, timedelta(minutes=30))
NIGHTS = Schedule({day: ((time(22), time(6)),) for day in range(7)}, timedelta(minutes=30))


@pytest.mark.parametrize(
    ("schedules", "enter", "leave", "sign", "end", "closed"),
    [
        ([SHIFTS], "2026-10-05 07:45", "2026-10-05 17:20", "", "2026-10-05 17:20", True),  # left with the vehicle
        ([SHIFTS], "2026-10-09 09:00", "2026-10-12 07:00", "", "2026-10-09 17:00", False),  # stands over the weekend
        ([SHIFTS], "2026-10-05 16:40", "2026-10-06 06:30", "", "2026-10-05 17:00", False),  # overnight, below 14 h
        ([SHIFTS], "2026-10-05 17:05", "2026-10-06 06:30", "", "2026-10-05 17:05", False),  # brought back after work
        ([SHIFTS], "2026-10-10 09:00", "2026-10-10 15:00", "", "2026-10-10 15:00", True),  # worked on a Saturday
        ([SHIFTS], "2026-10-10 09:00", "2026-10-12 07:00", "", "2026-10-10 09:00", False),
        ([SHIFTS], "2026-10-09 09:00", "2026-10-12 07:00", "2026-10-09 16:45", "2026-10-09 16:45", True),  # badged out
        ([SHIFTS], "2026-10-09 09:00", "2026-10-12 07:00", "2026-10-09 12:30", "2026-10-09 12:30", False),
        ([SHIFTS], "2026-10-09 09:00", "2026-10-12 07:00", "2026-10-10 09:00", "2026-10-09 17:00", False),  # too late
        ([SHIFTS], "2026-10-09 09:00", "2026-10-12 07:00", "hand 2026-10-09 12:30", "2026-10-09 12:30", True),
        ([NIGHTS], "2026-10-05 22:10", "2026-10-06 06:20", "", "2026-10-06 06:20", True),  # a night shift
        ([NIGHTS], "2026-10-06 01:00", "2026-10-07 01:00", "", "2026-10-06 06:00", False),
        ([SHIFTS, NIGHTS], "2026-10-05 16:00", "2026-10-05 19:00", "", "2026-10-05 17:00", False),
        ([NIGHTS], "2026-10-24 22:00", "2026-10-25 06:00", "", "2026-10-25 06:00", True),  # 9 hours: clocks go back
        ([NIGHTS], "2026-10-24 22:00", "2026-10-26 06:00", "", "2026-10-25 06:00", False),
        ([NIGHTS], "2026-03-28 22:00", "2026-03-30 06:00", "", "2026-03-29 06:00", False),  # 7 hours
        ([], "2026-10-05 09:00", "2026-10-06 09:00", "", "2026-10-05 09:00", False),
    ],
)
def test_examples(schedules: list[Schedule], enter: str, leave: str, sign: str, end: str, closed: bool) -> None:
    last = at(sign.removeprefix("hand ")) if sign else None
    found = presence(at(enter), at(leave), schedules, last, sign.startswith("hand"))
    assert found == Presence(at(enter), at(end), closed)


def test_the_night_when_clocks_go_back_has_nine_hours_of_a_shift_of_eight() -> None:
    found = presence(at("2026-10-24 22:00"), at("2026-10-26 06:00"), [NIGHTS])
    assert found.end - found.begin == timedelta(hours=9)


moments = st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 5), timezones=st.just(UTC))  # noqa: DTZ001
schedules = st.lists(st.sampled_from([DEFAULT, SHIFTS, NIGHTS, Schedule({})]), max_size=3)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=9)), schedules, st.none() | st.timedeltas(
    timedelta(0), timedelta(days=10)), st.booleans())  # fmt: skip
def test_nobody_is_there_before_he_comes_after_the_vehicle_left_or_too_long(
    enter: datetime, stay: timedelta, known: list[Schedule], after: timedelta | None, by_hand: bool
) -> None:
    sign = None if after is None else enter + after
    found = presence(enter, enter + stay, known, sign, by_hand)
    assert found.begin == enter <= found.end <= enter + stay
    assert found.end - enter <= LONGEST_STAY


@given(
    moments, st.timedeltas(timedelta(0), timedelta(days=9)), st.timedeltas(timedelta(0), timedelta(days=9)), schedules
)
def test_a_vehicle_that_stays_longer_never_makes_more_of_an_end_that_nobody_closed(
    enter: datetime, stay: timedelta, more: timedelta, known: list[Schedule]
) -> None:
    """Whether it leaves on Saturday or on Monday is the same once it stayed beyond the working day."""
    short, long = (presence(enter, enter + one, known) for one in (stay, stay + more))
    if not short.closed:
        assert not long.closed
        assert long.end == short.end or short.end == enter + stay


def test_a_van_that_stands_at_the_depot_over_the_weekend_is_no_work_of_its_driver(firm: Firm, lines: Lines) -> None:
    """His occupancy never ends. The van's own hours stay; the month for payroll says that something is missing."""
    vehicle, device = firm.vehicle("Van 1")
    driver, depot = firm.person("Ann", "Example"), firm.place("Depot", kind="depot")
    firm.occupancy(vehicle, driver, at("2026-10-09 06:30"), at("2026-10-12 07:30"))
    firm.visit(device, depot, at("2026-10-09 15:00"), at("2026-10-12 07:00"))
    for purpose in ("payroll", "dispatch"):
        found = lines("site-hours", purpose=purpose, **days("2026-10-05", "2026-10-12"))
        people = [(row["day"].day, row["person_s"], row["unclosed"]) for row in found if row["person"]]
        assert people == [(9, 4 * 3600, 1)]
        assert sum(row["vehicle_s"] for row in found if row["vehicle"]) == 64 * 3600
    month = lines("payroll-month", purpose="payroll", **days("2026-10-01", "2026-10-31"))
    assert sum(row["site_s"] or 0 for row in month) == 4 * 3600
    assert sum(row["missing"] or 0 for row in month) == 1


def test_a_stay_by_hand_says_when_he_left(firm: Firm, lines: Lines) -> None:
    vehicle, device = firm.vehicle("Van 1")
    driver, depot = firm.person("Ann", "Example"), firm.place("Depot", kind="depot")
    firm.occupancy(vehicle, driver, at("2026-10-09 06:30"), at("2026-10-09 15:01"))
    firm.put(
        "fleet_occupancy", vehicle_id=vehicle, person_id=driver, role="passenger", source="manual", rank=1,
        during=Range(at("2026-10-09 15:20"), at("2026-10-09 16:10")),
    )  # fmt: skip
    firm.visit(device, depot, at("2026-10-09 15:00"), at("2026-10-12 07:00"))
    (row,) = [
        one for one in lines("site-hours", purpose="payroll", **days("2026-10-09", "2026-10-12")) if one["person"]
    ]
    assert (row["person_s"], row["unclosed"], row["ended"]) == (70 * 60, 0, at("2026-10-09 16:10"))


def test_who_brings_a_van_back_after_work_counts_for_nothing_and_is_told(firm: Firm, lines: Lines) -> None:
    vehicle, device = firm.vehicle("Van 1")
    driver, depot = firm.person("Ann", "Example"), firm.place("Depot", kind="depot")
    firm.occupancy(vehicle, driver, at("2026-10-09 06:30"), at("2026-10-12 07:30"))
    firm.visit(device, depot, at("2026-10-09 19:30"), at("2026-10-12 07:00"))
    (row,) = [
        one for one in lines("site-hours", purpose="payroll", **days("2026-10-09", "2026-10-12")) if one["person"]
    ]
    assert (row["day"].day, row["person_s"], row["unclosed"]) == (9, 0, 1)
