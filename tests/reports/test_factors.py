"""Dated data that figures rest on: every entry says where it is from, how sure it is and when somebody looked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from allconnects.fleet import checks
from allconnects.reports.factors import burnt, factors, idle_litres

STATUSES = {"verified", "uncertain"}


def entries() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for part in ("fuels", "classes"):
        yield from ((f"{part} {name}", entry) for name, entry in factors()[part].items())
    yield from ((f"committee {number}", entry) for number, entry in checks.committees().items())


@pytest.mark.parametrize(("name", "entry"), entries(), ids=lambda one: one if isinstance(one, str) else "")
def test_every_entry_has_a_source_a_date_and_a_status(name: str, entry: Mapping[str, Any]) -> None:
    assert entry["status"] in STATUSES
    assert len(entry["source"]) > 5
    assert date.fromisoformat(str(entry["checked"])) <= date(2026, 12, 31)


def test_committees_have_numbers_that_are_accepted_and_names_in_every_language() -> None:
    for number in checks.committees():
        assert checks.joint_committee(number) == number
        assert all(checks.committee_name(number, language) for language in ("nl", "fr", "de", "en"))
    assert checks.committee_name("118", "de") == "Nahrungsmittelindustrie"
    assert checks.committee_name("124", "de") == checks.committee_name("124", "fr") == "Construction"
    assert checks.committee_name("999", "nl") == ""


@pytest.mark.parametrize(
    ("fuel", "kilograms"),
    [
        ("diesel", 0.0741 * 43.0 * 0.83), ("petrol", 0.0693 * 44.3 * 0.75), ("lpg", 0.0631 * 47.3 * 0.54),
        ("cng", 0.0561 * 48),
    ],
)  # fmt: skip
def test_co2_of_a_unit_is_what_carbon_and_heat_of_the_fuel_make(fuel: str, kilograms: float) -> None:
    """kg/MJ (IPCC 2006) times MJ/kg times kg/l."""
    assert factors()["fuels"][fuel]["co2_kg"] == pytest.approx(kilograms, rel=0.01)


def test_a_clerk_can_work_it_out_by_hand() -> None:
    """100 km of a diesel van: 8.8 l of 2.64 kg; at 200 g/km by the register 20 kg, so 7.58 l; idle 0.9 l an hour."""
    average, known = burnt(100_000, "diesel", "van", None), burnt(100_000, "diesel", "van", 200)
    assert (average.litres, average.co2_kg) == (pytest.approx(8.8), pytest.approx(23.232))
    assert (known.litres, known.co2_kg) == (pytest.approx(7.576, abs=1e-3), pytest.approx(20))
    assert idle_litres(1800, "diesel", "van") == pytest.approx(0.45)
    assert idle_litres(1800, "electric", "van") is None
