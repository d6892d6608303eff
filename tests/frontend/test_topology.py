"""Borders found again in areas that lie side by side."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from frontend import topology  # noqa: E402

LEFT = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
RIGHT = [(1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0), (1.0, 0.0)]


def _sides(areas: list[topology.Area]) -> dict[frozenset[str], int]:
    found: dict[frozenset[str], int] = {}
    for owners, line in topology.shared_lines(areas):
        found[owners] = found.get(owners, 0) + len(line) - 1
    return found


def test_a_shared_border_is_drawn_once() -> None:
    both = frozenset({"left", "right"})
    assert _sides([("left", LEFT), ("right", RIGHT)]) == {both: 1, frozenset({"left"}): 3, frozenset({"right"}): 3}


def test_a_gap_and_a_vertex_too_many_are_stitched() -> None:
    loose = [(1.0001, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0001, 1.0), (1.0001, 0.5), (1.0001, 0.0)]
    sides = _sides(topology.stitch([("left", LEFT), ("right", loose)], 0.0003))
    assert sides[frozenset({"left", "right"})] == 2


def test_the_outline_goes_around_both() -> None:
    rings = topology.outline([("left", LEFT), ("right", RIGHT)], 0.1)
    assert len(rings) == 1
    assert set(rings[0]) == {*LEFT, *RIGHT}
    assert rings[0][0] == rings[0][-1]


def test_simplifying_keeps_ends_and_corners() -> None:
    line = [(0.0, 0.0), (0.5, 0.00001), (1.0, 0.0), (1.0, 1.0)]
    assert topology.simplify(line, 0.001) == [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]
    assert topology.simplify(LEFT, 0.001)[0] == topology.simplify(LEFT, 0.001)[-1]


def test_arcs_are_sums_of_steps() -> None:
    arcs = topology.decode_arcs({"transform": {"scale": [0.1, 0.1], "translate": [1, 2]}, "arcs": [[[1, 1], [2, 0]]]})
    assert arcs == [[(1.1, 2.1), (1.3, 2.1)]]
    assert topology.ring([0, ~0], arcs) == [(1.1, 2.1), (1.3, 2.1), (1.1, 2.1)]
