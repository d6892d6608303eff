"""Where a material is: the best sign holds, its age says how sure, and the reasons are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.fleet.whereabouts import How, Sign, sources, where

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def sign(how: How, hours: float, holder: tuple[str, object] | None = None) -> Sign:
    return Sign(how, ago(hours), 50.8, 4.4, holder)


def test_nothing_is_known() -> None:
    assert (where([], NOW).certainty, where([], NOW).why) == ("unknown", ("nothing_known",))


@pytest.mark.parametrize(
    ("how", "hours", "certainty"),
    [
        ("tracker", 1, "certain"), ("tracker", 30, "likely"), ("tracker", 800, "old"), ("tag", 0.5, "certain"),
        ("tag", 3, "likely"), ("tag", 48, "old"), ("person", 0.5, "certain"), ("person", 24, "likely"),
        ("person", 500, "old"), ("site", 24, "likely"), ("transit", 0.2, "likely"), ("transit", 500, "unknown"),
    ],
)  # fmt: skip
def test_age_says_how_sure(how: How, hours: float, certainty: str) -> None:
    assert where([sign(how, hours)], NOW).certainty == certainty


def test_what_was_scanned_later_replaces_what_was_observed() -> None:
    found = where([sign("tracker", 5), sign("person", 1.5, ("person", 7))], NOW)
    assert (found.how, found.holder, found.why) == ("person", ("person", 7), ("person_since", "later_than_observed"))


def test_a_tag_heard_by_the_vehicle_it_was_loaded_into_is_certain() -> None:
    found = where([sign("tag", 0.2, ("vehicle", 1)), sign("vehicle", 3, ("vehicle", 1))], NOW)
    assert (found.how, found.certainty, found.why) == ("tag", "certain", ("tag_latest", "custody_agrees"))


def test_a_tag_heard_by_another_vehicle_puts_it_in_doubt() -> None:
    found = where([sign("tag", 0.2, ("vehicle", 2)), sign("vehicle", 3, ("vehicle", 1))], NOW)
    assert (found.holder, found.certainty) == (("vehicle", 2), "likely")
    assert "custody_differs" in found.why


def test_the_tracker_keeps_who_has_it() -> None:
    found = where([sign("tracker", 0.1), sign("person", 300, ("person", 7))], NOW)
    assert (found.how, found.holder) == ("tracker", ("person", 7))


def placed(how: How, hours: float, north_m: float, holder: tuple[str, object] | None = None) -> Sign:
    at = NOW - timedelta(hours=hours)
    return Sign(how, at, 51.0 + north_m / 111_200, 4.4, holder, NOW - timedelta(minutes=5))


def test_a_tracker_beside_the_vehicle_it_was_loaded_into_agrees_and_one_far_off_does_not() -> None:
    for metres, why, holder in ((100, "custody_agrees", ("vehicle", 1)), (5000, "custody_differs", None)):
        found = where([placed("tracker", 0.1, metres), placed("vehicle", 3, 0, ("vehicle", 1))], NOW)
        assert (found.how, found.certainty, found.holder) == ("tracker", "certain", holder)
        assert found.why == ("tracker_latest", why)


def test_nothing_agrees_that_nobody_compared_and_each_source_has_its_own_age() -> None:
    found = where([sign("tracker", 0.1), sign("person", 500, ("person", 7)), sign("tag", 30, ("vehicle", 2))], NOW)
    assert found.why == ("tracker_latest",)
    assert [(one.how, one.certainty, one.holder) for one in sources(found, NOW)] == [
        ("tag", "old", ("vehicle", 2)), ("person", "old", ("person", 7)),
    ]  # fmt: skip


signs = st.lists(
    st.builds(
        sign, st.sampled_from(["tracker", "tag", "person", "vehicle", "site", "transit"]), st.integers(0, 2000),
        st.sampled_from([None, ("vehicle", 1), ("vehicle", 2), ("person", 1)]),
    ),
    max_size=6,
)  # fmt: skip


@given(signs)
def test_always_an_answer_whatever_the_order(found: list[Sign]) -> None:
    one = where(found, NOW)
    assert one.why
    assert (one.at is None) == (not found)
    if found:
        assert one.at == max(s.at for s in found)
    if len({(s.at, s.how) for s in found}) == len(found):
        two = where(found[::-1], NOW)
        assert (one.how, one.certainty, one.at) == (two.how, two.certainty, two.at)
