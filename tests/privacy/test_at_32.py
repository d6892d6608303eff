"""AT-32: the clock of a request. One extension, inside of the first month, with a reason; never a second."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import answering
from allconnects.privacy.requests.models import Letter
from tests.privacy.requests.office import Office

WHY = "Ten years of data in four archives have to be read by hand."


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


def test_due_days_are_those_of_the_regulation(office: Office) -> None:
    with clock.at(noon(date(2026, 11, 25))):
        case = office.ask()
    assert (case.received_on, case.due_on) == (date(2026, 11, 25), date(2026, 12, 28))


def test_a_request_late_in_the_evening_counts_from_the_brussels_day(office: Office) -> None:
    with clock.at(datetime(2026, 10, 31, 23, 30, tzinfo=UTC)):
        assert office.ask().received_on == date(2026, 11, 1)


def test_an_extension_inside_the_month_is_told_with_its_reason(office: Office) -> None:
    with clock.at(noon(date(2026, 11, 25))):
        case = office.ask()
    with clock.at(noon(date(2026, 12, 28))):
        answering.extend(case, WHY)
    case.refresh_from_db()
    assert case.due_on == date(2027, 2, 25)
    letter = Letter.objects.get(case=case, kind="extension")
    assert WHY in letter.body
    assert "25" in letter.body


@pytest.mark.parametrize("reason", ["", "complex", " " * 40])
def test_an_extension_needs_a_reason(office: Office, reason: str) -> None:
    case = office.ask()
    with pytest.raises(InvalidInput):
        answering.extend(case, reason)


def test_an_extension_on_day_32_is_refused(office: Office) -> None:
    with clock.at(noon(date(2026, 11, 2))):
        case = office.ask()
    with clock.at(noon(date(2026, 12, 4))), pytest.raises(InvalidInput):
        answering.extend(case, WHY)


def test_a_second_extension_is_refused(office: Office) -> None:
    case = office.ask()
    answering.extend(case, WHY)
    with pytest.raises(InvalidInput):
        answering.extend(case, WHY)
    assert Letter.objects.filter(case=case, kind="extension").count() == 1
