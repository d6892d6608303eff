"""A month of people: hours, kilometres as driver and passenger, what is missing, and approving it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest

from allconnects.accounts.models import Account
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.reports import payroll
from tests.reports.firm import Firm, at

OCTOBER = date(2026, 10, 1)
LATER = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def crew(firm: Firm) -> dict[str, Any]:
    """A driver and a passenger who go to a site on Monday and nowhere known on Tuesday."""
    driver, mate = firm.person("Ann", "Adams"), firm.person("Bob", "Brook")
    vehicle, device = firm.vehicle("Van")
    site = firm.place("Site North")
    for day in ("2026-10-05", "2026-10-06"):
        firm.occupancy(vehicle, driver, at(f"{day} 06:00"), at(f"{day} 18:00"))
        firm.trip(device, at(f"{day} 07:00"), at(f"{day} 08:00"), person=driver, distance_m=40_000)
    firm.occupancy(vehicle, mate, at("2026-10-05 06:50"), at("2026-10-05 08:00"), "passenger")
    firm.visit(device, site, at("2026-10-05 08:00"), at("2026-10-05 16:00"))
    firm.trip(device, at("2026-10-07 09:00"), at("2026-10-07 10:00"))
    return {"driver": driver, "mate": mate, "device": device, "site": site}


@contextmanager
def on(organisation: Any, moment: datetime = LATER) -> Iterator[int]:
    with clock.at(moment), speaking_for(organisation.pk):
        yield organisation.pk


def test_hours_and_kilometres_of_driver_and_passenger(organisation: Any, crew: dict[str, Any]) -> None:
    with on(organisation) as pk:
        driver, mate = payroll.month_of(pk, OCTOBER)
        assert payroll.without_driver(pk, OCTOBER) == 1
    assert (driver.name, driver.site_s, driver.driver_m, driver.passenger_m) == ("Ann Adams", 8 * 3600, 80_000, 0)
    assert (mate.site_s, mate.driver_m, mate.passenger_m) == (8 * 3600, 0, 40_000)
    assert (driver.days_without_site, mate.days_without_site) == ([date(2026, 10, 6)], [])
    assert driver.figures["sites"] == {"Site North": [1, 8 * 3600]}


def test_a_month_is_approved_once_as_it_was_seen_and_says_when_it_changed(
    organisation: Any, crew: dict[str, Any], firm: Firm, account_of: Callable[..., Account]
) -> None:
    clerk = account_of("manager")
    with on(organisation) as pk:
        seen = payroll.month_of(pk, OCTOBER, crew["driver"])[0].digest
    firm.visit(crew["device"], crew["site"], at("2026-10-06 08:00"), at("2026-10-06 09:00"))
    with on(organisation) as pk:
        with pytest.raises(payroll.Changed):
            payroll.approve(pk, clerk, crew["driver"], OCTOBER, seen)
        (now,) = payroll.month_of(pk, OCTOBER, crew["driver"])
        payroll.approve(pk, clerk, crew["driver"], OCTOBER, now.digest)
        with pytest.raises(payroll.Approved):
            payroll.approve(pk, clerk, crew["driver"], OCTOBER, now.digest)
        assert payroll.month_of(pk, OCTOBER, crew["driver"])[0].state == "approved"
    firm.visit(crew["device"], crew["site"], at("2026-10-06 10:00"), at("2026-10-06 11:00"))
    with on(organisation) as pk:
        (later,) = payroll.month_of(pk, OCTOBER, crew["driver"])
        assert later.state == "changed"
        payroll.reopen(pk, clerk, crew["driver"], OCTOBER)
        with pytest.raises(NotFound):
            payroll.reopen(pk, clerk, crew["driver"], OCTOBER)
        payroll.approve(pk, clerk, crew["driver"], OCTOBER, later.digest)


def test_a_month_that_is_not_over_and_people_of_others_are_not_approved(
    organisation: Any, other_organisation: Any, crew: dict[str, Any], account_of: Callable[..., Account]
) -> None:
    clerk = account_of("manager")
    with on(organisation, at("2026-10-31 23:30")) as pk, pytest.raises(InvalidInput):
        payroll.approve(pk, clerk, crew["driver"], OCTOBER, "")
    with on(other_organisation) as pk, pytest.raises(NotFound):
        payroll.approve(pk, clerk, crew["driver"], OCTOBER, "")


def test_the_report_adds_up_to_the_page(organisation: Any, crew: dict[str, Any], lines: Any) -> None:
    found = lines("payroll-month", purpose="payroll", first=OCTOBER, last=date(2026, 10, 31))
    total = lambda key: sum(row[key] or 0 for row in found)  # noqa: E731
    assert (total("site_s"), total("driver_m"), total("passenger_m")) == (16 * 3600, 80_000, 40_000)
