"""Rules are data: complete, with a source, and refused when they make no sense."""

from __future__ import annotations

import pytest

from allconnects.trips.rules import NAMES, PROFILES, RuleError, catalogue, rules_for
from tests.trips.journey import Journey


def test_every_rule_has_its_text_source_status_unit_and_numbers_within_bounds() -> None:
    data = catalogue()
    assert tuple(data["rules"]) == NAMES
    for name, rule in data["rules"].items():
        assert rule["text"].endswith("."), name
        assert rule["source"], name
        assert rule["status"] in ("chosen", "common", "measured"), name
        assert rule["unit"] in ("km/h", "m", "s", "count"), name
        assert all(rule["least"] <= rule[profile] <= rule["most"] for profile in PROFILES), name


def test_later_changes_win_over_earlier_and_show_in_the_version() -> None:
    organisation, device = {"stop_s": 240, "trip_m": 300}, {"stop_s": 120}
    rules = rules_for("vehicle", organisation, device)
    assert (rules.stop_s, rules.trip_m, rules.idle_s) == (120, 300, 300)
    assert rules.version.startswith(f"{catalogue()['version']}+")
    assert rules.version == rules_for("vehicle", {"trip_m": 300.0}, {"stop_s": 120.0}).version
    assert rules.version != rules_for("vehicle", organisation).version
    assert rules_for("vehicle").version == catalogue()["version"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stop", 1),
        ("version", 1),
        ("stop_s", 0),
        ("stop_s", 1e9),
        ("stop_s", float("nan")),
        ("stop_s", "9"),
        ("gap_s", True),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(RuleError):
        rules_for("vehicle", {name: value})  # type: ignore[dict-item]


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(RuleError, match="vehicle, phone, material"):
        rules_for("boat")


def test_a_changed_rule_changes_the_trips() -> None:
    journey = Journey().drive(2000).park(120, 30).drive(2000).park(600)
    assert len(journey.detect().trips) == 1
    assert len(journey.detect(stop_s=60).trips) == 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bound", ["least", "most"])
def test_every_rule_can_be_set_to_its_bounds(name: str, bound: str) -> None:
    journey = (
        Journey(ignition=True, speeds=True, odometer=5).drive(3000).park(700).wait(9000).move(4000).drive(2000, 20, 1)
    )
    found = journey.park(900).detect(**{name: catalogue()["rules"][name][bound]})
    assert len(found.moving) == len(journey.rows)
