"""Rows of every report from a small firm whose numbers can be added up by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from allconnects.reports.catalogue import REPORTS, report_of
from allconnects.reports.columns import Totals
from allconnects.reports.definition import GROUPS
from allconnects.reports.purposes import purposes
from tests.reports.firm import Firm, at, days

Lines = Callable[..., list[dict[str, Any]]]
WEEK = days("2026-10-05", "2026-10-11")


@pytest.fixture
def van(firm: Firm) -> dict[str, Any]:
    """A van with a driver, a site where they are from 8 to 12 on Monday, a trip by nobody known on Tuesday."""
    driver, mate = firm.person("Ann", "Adams"), firm.person("Bob", "Brook")
    team = firm.team("Roofs", driver, mate)
    vehicle, device = firm.vehicle("Van 1", "1-ABC-001", co2_g_km=200)
    site = firm.place("Site North", "S-7")
    firm.occupancy(vehicle, driver, at("2026-10-05 07:00"), at("2026-10-05 17:00"))
    firm.occupancy(vehicle, mate, at("2026-10-05 07:00"), at("2026-10-05 07:58"), "passenger")
    firm.trip(device, at("2026-10-05 07:00"), at("2026-10-05 08:00"), person=driver, distance_m=40_000, idle_s=600)
    firm.trip(device, at("2026-10-05 12:00"), at("2026-10-05 12:30"), person=driver, distance_m=10_000, to="Lunch")
    firm.trip(device, at("2026-10-05 21:00"), at("2026-10-05 21:30"), person=driver, distance_m=15_000, to="Club")
    firm.trip(device, at("2026-10-06 09:00"), at("2026-10-06 09:30"), distance_m=5_000, top=135)
    firm.stop(device, at("2026-10-05 08:00"), at("2026-10-05 12:00"), driver)
    firm.stop(device, at("2026-10-05 21:30"), at("2026-10-06 09:00"), driver)
    firm.visit(device, site, at("2026-10-05 08:00"), at("2026-10-05 12:00"))
    return {"vehicle": vehicle, "device": device, "driver": driver, "mate": mate, "team": team, "site": site}


def test_trips_outside_working_hours_are_not_told_for_dispatch(van: dict[str, Any], lines: Lines) -> None:
    found = lines("trips", purpose="dispatch", **WEEK)
    assert [row["distance_m"] for row in found] == [40_000, 10_000, 5_000]
    assert found[0]["vehicle"] == "Van 1 · 1-ABC-001"
    assert (found[0]["person"], found[0]["team"]) == ("Ann Adams", "Roofs")
    assert found[2]["person"] is None


def test_a_private_trip_is_kilometres_without_time_and_place(van: dict[str, Any], lines: Lines) -> None:
    found = lines("trips", purpose="tax_logbook", **WEEK)
    (evening,) = [row for row in found if row["distance_m"] == 15_000]
    assert evening["use"] == "Private"
    assert [evening[key] for key in ("began", "ended", "from", "to", "top_kmh")] == [None] * 5


def test_an_incident_shows_the_evening_but_not_where_a_private_trip_led(
    van: dict[str, Any], lines: Lines, incident: Callable[..., dict[str, Any]]
) -> None:
    found = lines("stops", **incident(van["vehicle"], WEEK, "stops"))
    assert [row["place"] for row in found] == ["Site North", None]
    assert len(lines("stops", purpose="dispatch", **WEEK)) == 1


def test_mileage_by_what_it_was_for(van: dict[str, Any], lines: Lines) -> None:
    found = lines("mileage", purpose="tax_logbook", **WEEK)
    total = lambda key: sum(row[key] or 0 for row in found)  # noqa: E731
    assert (total("distance_m"), total("business_m"), total("private_m")) == (70_000, 55_000, 15_000)
    assert (total("by_rule"), total("by_driver")) == (4, 0)


def test_hours_at_a_site_of_the_van_and_of_those_who_came_in_it(van: dict[str, Any], lines: Lines) -> None:
    found = lines("site-hours", purpose="payroll", **WEEK)
    people = {row["person"]: row["person_s"] for row in found if row["person"]}
    assert people == {"Ann Adams": 4 * 3600, "Bob Brook": 4 * 3600}
    assert [row["vehicle_s"] for row in found if row["vehicle"]] == [4 * 3600]


def test_each_day_counts_its_own_stays_and_no_passing_by(firm: Firm, lines: Lines) -> None:
    """Who drives past a site for a minute was not at it; a day says how many of its own stays the vehicle told of."""
    vehicle, device = firm.vehicle("Van 9")
    driver, site = firm.person("Dana", "Dee"), firm.place("Quay")
    for day, stays in (("2026-10-05", 2), ("2026-10-06", 1)):
        firm.occupancy(vehicle, driver, at(f"{day} 06:30"), at(f"{day} 17:30"))
        for hour in range(8, 8 + stays):
            firm.visit(device, site, at(f"{day} {hour:02}:00"), at(f"{day} {hour:02}:30"))
        firm.visit(device, site, at(f"{day} 15:00"), at(f"{day} 15:01"))
    found = [row for row in lines("site-hours", purpose="payroll", **WEEK) if row["person"]]
    assert [(row["person_s"], row["inferred"]) for row in found] == [(3600, 2), (1800, 1)]
    assert len(lines("visits", purpose="dispatch", **WEEK)) == 3


def test_a_night_at_a_site_is_cut_at_midnight_and_counts_the_hours_of_that_night(firm: Firm, lines: Lines) -> None:
    """Summer time ends on 25 October: that day has 25 hours."""
    _vehicle, device = firm.vehicle("Crane")
    firm.visit(device, firm.place("Quay"), at("2026-10-24 22:00"), at("2026-10-26 02:00"))
    found = lines("site-hours", purpose="dispatch", **days("2026-10-24", "2026-10-26"))
    assert found == [], "it came on a Saturday night, outside of working hours"
    found = lines("site-hours", purpose="payroll", **days("2026-10-24", "2026-10-26"))
    assert [row["vehicle_s"] / 3600 for row in found] == [2, 25, 2]


def test_a_drivers_day(van: dict[str, Any], lines: Lines) -> None:
    (day,) = lines("driver-day", purpose="dispatch", **WEEK)
    assert (day["began"], day["ended"]) == (at("2026-10-05 07:00"), at("2026-10-05 12:30"))
    assert (day["break_s"], day["longest_break_s"], day["trips"]) == (4 * 3600, 4 * 3600, 2)
    assert day["places"] == "Site, Lunch"


def test_use_counts_days_on_which_a_vehicle_stands(van: dict[str, Any], firm: Firm, lines: Lines) -> None:
    firm.vehicle("Spare")
    found = lines("use", purpose="maintenance", **WEEK)
    assert len(found) == 14
    monday = next(row for row in found if row["vehicle"].startswith("Van 1") and row["day"].day == 5)
    assert (monday["trips"], monday["distance_m"], monday["working_s"]) == (3, 65_000, 13 * 3600)
    assert sum(row["trips"] for row in found if row["vehicle"] == "Spare") == 0


def test_fuel_says_from_what_it_was_worked_out(van: dict[str, Any], firm: Firm, lines: Lines) -> None:
    _v, device = firm.vehicle("Van 2")
    _w, other = firm.vehicle("Cart", vehicle_class="other", fuel="")
    for one in (device, other):
        firm.trip(one, at("2026-10-05 07:00"), at("2026-10-05 08:00"), distance_m=100_000)
    found = {row["vehicle"]: row for row in lines("fuel", purpose="environment", **days("2026-10-05", "2026-10-05"))}
    assert found["Van 1 · 1-ABC-001"]["co2_kg"] == pytest.approx(65 * 0.2)
    assert found["Van 1 · 1-ABC-001"]["basis"] == "Register (g/km)"
    assert found["Van 2"]["litres"] == pytest.approx(8.8)
    assert (found["Cart"]["litres"], found["Cart"]["basis"]) == (None, "Not known")


def test_idling_and_speed(van: dict[str, Any], lines: Lines, incident: Callable[..., dict[str, Any]]) -> None:
    found = lines("idling", purpose="cost_control", **WEEK)
    assert sum(row["idle_s"] for row in found) == 600
    assert found[0]["litres"] == pytest.approx(0.15)
    (fast,) = lines("speed", limit_kmh=120, **incident(van["vehicle"], WEEK, "speed"))
    assert fast["over_kmh"] == pytest.approx(15)


def test_idling_in_stops_counts_for_its_day_and_for_who_sat_there(
    van: dict[str, Any], firm: Firm, lines: Lines
) -> None:
    """Half an hour after arriving on Thursday, a quarter on Friday before Bob leaves, of which nobody says more."""
    friday = at("2026-10-09 07:00")
    firm.trip(van["device"], at("2026-10-08 17:00"), at("2026-10-08 18:00"), person=van["driver"], idle_s=60)
    firm.stop(
        van["device"], at("2026-10-08 18:00"), friday, van["driver"],
        (at("2026-10-08 18:00"), at("2026-10-08 18:30"), at("2026-10-09 06:45"), friday),
    )  # fmt: skip
    firm.trip(van["device"], friday, at("2026-10-09 08:00"), person=van["mate"])
    period = days("2026-10-08", "2026-10-09")
    found = lines("idling", purpose="cost_control", **period)
    assert [(row["person"], row["day"].day, row["idle_s"], row["driving_s"], row["trips"]) for row in found] == [
        ("Ann Adams", 8, 1860, 3540, 1), ("Bob Brook", 9, 900, 3600, 1),
    ]  # fmt: skip
    assert found[0]["litres"] == pytest.approx(1860 / 3600 * 0.9)
    used = [row for row in lines("use", purpose="maintenance", **period) if row["idle_s"]]
    assert [(row["day"].day, row["idle_s"], row["in_use_s"]) for row in used] == [(8, 1860, 5400), (9, 900, 4500)]
    assert lines("idling", purpose="cost_control", **days("2026-10-10", "2026-10-11")) == []


def test_idling_is_told_for_purposes_of_all_hours_only() -> None:
    """It is summed in the database, which knows no working hours."""
    assert all(purposes()[key].outside_hours for key in report_of("idling").purposes)


def test_litres_per_100_km_go_by_the_distance_of_which_litres_are_known(firm: Firm, lines: Lines) -> None:
    for name, fuel in (("Van D", "diesel"), ("Van E", "electric")):
        _vehicle, device = firm.vehicle(name, fuel=fuel)
        firm.trip(device, at("2026-10-05 07:00"), at("2026-10-05 08:00"), distance_m=100_000)
    report = report_of("fuel")
    totals = Totals(report.columns)
    for row in lines("fuel", purpose="environment", **WEEK):
        totals.add(tuple(row.values()))
    found = dict(zip([column.key for column in report.columns], totals.values(), strict=True))
    assert found["per_100km"] == pytest.approx(8.8)
    assert (found["distance_m"], found["kwh"]) == (200_000, pytest.approx(28))


def test_materials_by_site(van: dict[str, Any], firm: Firm, lines: Lines) -> None:
    _material, device = firm.material("Mixer")
    firm.visit(device, van["site"], at("2026-10-05 08:00"), at("2026-10-06 08:00"))
    firm.visit(device, van["site"], at("2026-10-08 08:00"), at("2026-10-08 10:00"))
    (row,) = lines("materials", purpose="dispatch", **WEEK)
    assert (row["material"], row["site"], row["days"], row["stay_s"]) == ("Mixer", "Site North", 3, 26 * 3600)


def test_what_is_missing(van: dict[str, Any], firm: Firm, lines: Lines) -> None:
    found = lines("exceptions", purpose="data_quality", **WEEK)
    assert [row["distance_m"] for row in found if row["distance_m"]] == [5_000]
    assert sum(row["todo"] == "It has never reported" for row in found) == 1


@pytest.mark.parametrize("key", [report.key for report in REPORTS])
def test_every_report_in_every_group_for_every_purpose_and_choice(
    van: dict[str, Any], firm: Firm, lines: Lines, incident: Callable[..., dict[str, Any]], key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As in an organisation that declared every purpose."""
    monkeypatch.setattr("allconnects.reports.running.declared", lambda _organisation: frozenset(purposes()))
    report = report_of(key)
    _material, device = firm.material("Mixer")
    firm.visit(device, van["site"], at("2026-10-05 08:00"), at("2026-10-06 08:00"))
    chosen = {"vehicles": [van["vehicle"]], "people": [van["driver"]], "teams": [van["team"]], "sites": [van["site"]],
              "materials": [_material]}  # fmt: skip
    for group in report.groups:
        assert group in GROUPS
        for purpose in report.purposes:
            asked = {"purpose": purpose, **WEEK}
            if purpose == "security_incident" and report.personal:
                asked = incident(van["vehicle"], WEEK, key)
            found = lines(key, group=group, **asked)
            assert len({tuple(row[name] for name in report.identity) for row in found}) == len(found)
    for selector in report.selectors:
        lines(key, purpose=report.purposes[0], **{selector: chosen[selector]}, **WEEK)


def test_another_organisation_is_in_no_report(
    van: dict[str, Any], firm: Firm, other_organisation: Any, lines: Lines
) -> None:
    other = Firm(firm.owner, other_organisation.pk)
    _vehicle, device = other.vehicle("Strange van")
    other.trip(device, at("2026-10-05 07:00"), at("2026-10-05 08:00"))
    found = lines("trips", purpose="dispatch", **WEEK)
    assert not [row for row in found if "Strange" in row["vehicle"]]


def test_ends_that_nobody_named_are_named_by_where_they_lie(firm: Firm, lines: Lines) -> None:
    _vehicle, device = firm.vehicle("Van 2", "1-ABC-002")
    firm.trip(device, at("2026-10-05 07:00"), at("2026-10-05 08:00"), start="", to="Yard")
    firm.owner.execute(
        "UPDATE trips_trip SET start_lat_e7 = 511321000, start_lon_e7 = 44471000 WHERE device_id = %s", (device,)
    )
    (found,) = lines("trips", purpose="dispatch", **WEEK)
    assert (found["from"], found["to"]) == ("near Kontich (2550)", "Yard")


def test_a_home_is_named_to_the_driver_who_lives_there_only(
    firm: Firm, lines: Lines, organisation: Any, account_of: Callable[..., Any]
) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.places import homes
    from allconnects.reports import classifying

    account = account_of("driver")
    person = firm.person("Ann", "Adams", account.pk)
    _vehicle, device = firm.vehicle("Van 3", "1-ABC-003")
    firm.trip(device, at("2026-10-05 07:00"), at("2026-10-05 08:00"), person=person, start="", to="Yard")
    with speaking_for(organisation.pk):
        homes.set_home(organisation, account, {"type": "Circle", "coordinates": [0, 0], "radius_m": 100})
        (mine,) = classifying.my_trips(
            organisation.pk, classifying.person_of(organisation.pk, account), WEEK["first"], WEEK["last"]
        )
    assert (mine.trip.start_place, mine.trip.end_place) == ("Home", "Yard")
    (found,) = lines("trips", purpose="dispatch", **WEEK)
    assert (found["from"], found["to"]) == ("Private", "Yard")
