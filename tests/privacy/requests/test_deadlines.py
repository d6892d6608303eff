"""AT-32, the clock: a month is a calendar month, rolled to a working day, and extended at most once and in time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.privacy.requests.deadlines import alarms, due, may_extend, wanted

VECTORS = [
    ("2026-01-31", "2026-03-02", "2026-04-30"),  # 28 February is a Saturday
    ("2026-08-31", "2026-09-30", "2026-11-30"),
    ("2026-10-11", "2026-11-12", "2027-01-11"),  # 11 November is a holiday
    ("2026-11-25", "2026-12-28", "2027-02-25"),  # Christmas, then a weekend
    ("2026-12-31", "2027-02-01", "2027-03-31"),  # 31 January is a Sunday
    ("2027-02-01", "2027-03-01", "2027-05-03"),  # thirty days would be two days late; 1 May is a Saturday
    ("2028-01-31", "2028-02-29", "2028-05-02"),  # a leap day; 30 April is a Sunday, 1 May a holiday
]


@pytest.mark.parametrize(("received", "answer", "extended"), VECTORS)
def test_at_32_clock_vectors(received: str, answer: str, extended: str) -> None:
    day = date.fromisoformat(received)
    assert due(day).isoformat() == answer
    assert due(day, extended=True).isoformat() == extended


def test_at_32_an_extension_is_told_inside_the_first_month() -> None:
    received = date(2026, 11, 2)
    assert may_extend(received, due(received))
    assert not may_extend(received, due(received) + timedelta(days=1))
    assert not may_extend(received, received - timedelta(days=1))


@given(st.dates(date(2020, 1, 1), date(2060, 12, 31)))
def test_due_days_are_working_days_near_a_month_on(received: date) -> None:
    answer = due(received)
    assert answer.weekday() < 5
    assert timedelta(days=28) <= answer - received <= timedelta(days=31 + 5)
    assert due(received, extended=True) > answer
    assert wanted(received) < answer
    assert alarms(received)[-1] < answer
