"""AT-23, what applies without an archive: numbers over at least ten people, and nothing that gives a hidden one away.

The program keeps no statistics of people who left: nothing pseudonymous outlives an erasure (AT-08). What is released
goes through ``privacy.statistics``, attacked here.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from allconnects.privacy.statistics import enough, publishable, release, rules

ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 40).map(str)), max_size=200)


@given(ROWS)
def test_at_23_no_cell_under_the_threshold(rows: list[tuple[str, str]]) -> None:
    people = {cell: {one for other, one in rows if other == cell} for cell, _ in rows}
    found = release(rows)
    for cell, count in found.cells.items():
        assert len(people[cell]) >= rules().people
        assert count >= rules().people
        assert count % rules().rounding == 0
    assert found.hidden == len(people) - len(found.cells)


@given(ROWS)
def test_at_23_a_total_gives_no_hidden_cell_away(rows: list[tuple[str, str]]) -> None:
    """One hidden cell alone would be the total less the others: it never stands alone while another shows."""
    found = release(rows)
    assert not (found.hidden == 1 and found.cells)


def test_at_23_four_known_points_single_nobody_out() -> None:
    """Fifty people in fifty places: whoever knows four points of one finds cells of ten and more, or none."""
    rows = [(f"cell {(person * step) % 50}", str(person)) for person in range(50) for step in range(1, 5)]
    assert release(rows).cells == {}
    crowd = [("depot", str(person)) for person in range(50)] + rows
    assert set(release(crowd).cells) <= {"depot"}


def test_at_23_two_releases_that_differ_by_one_person_look_the_same() -> None:
    everybody = [("a", str(n)) for n in range(21)] + [("b", str(n)) for n in range(31)]
    without = [row for row in everybody if row != ("a", "20")]
    assert release(everybody).cells == release(without).cells == {"a": 20, "b": 30}


def test_at_23_crossing_the_threshold_shows_no_exact_count() -> None:
    nine, ten = [("a", str(n)) for n in range(9)], [("a", str(n)) for n in range(10)]
    assert release(nine).cells == {}
    assert release(ten).cells == {"a": 10} == release([*ten, ("a", "10"), ("a", "11")]).cells


def test_at_23_repeating_one_person_makes_no_crowd() -> None:
    assert release([("a", "1")] * 1000).cells == {}
    assert not enough(9)
    assert enough(10)


def crowd(first: int, last: int) -> set[str]:
    return {str(number) for number in range(first, last)}


def test_at_23_two_groups_that_differ_by_few_are_not_both_shown() -> None:
    """Whoever has the sums of both has those of the few by which they differ."""
    whole = crowd(0, 60)
    assert publishable({"a": crowd(0, 30), "b": crowd(0, 27)}, whole) == {"a"}
    assert publishable({"a": crowd(0, 30), "b": crowd(0, 20)}, whole) == {"a", "b"}
    assert publishable({"a": crowd(0, 30), "b": crowd(25, 55)}, whole) == {"a"}, "they share five"
    assert publishable({"a": crowd(0, 30), "b": crowd(30, 60)}, whole) == {"a", "b"}
    assert publishable({"a": crowd(0, 55)}, whole) == set(), "all but five"
    assert publishable({"a": whole, "few": crowd(0, 9)}, whole) == {"a"}


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.integers(0, 40).map(str))))
def test_at_23_no_difference_of_two_shown_groups_is_a_few(groups: dict[str, set[str]]) -> None:
    whole: set[str] = set().union(*groups.values())
    shown = [whole, *(groups[key] for key in publishable(groups, whole))]
    for one in shown[1:]:
        for other in shown:
            assert not 0 < len(one - other) < rules().people
            assert not 0 < len(other - one) < rules().people
            assert len(one) >= rules().people
