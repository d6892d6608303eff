"""Lines that neighbours share: out of TopoJSON, or found again in polygons that lie side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Line = list[Point]
Owners = frozenset[str]


def decode_arcs(topology: dict[str, Any]) -> list[Line]:
    """Arcs of a TopoJSON file as (longitude, latitude), from its deltas."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step in arc:
            x, y = x + step[0], y + step[1]
            line.append((round(x * kx + dx, 4), round(y * ky + dy, 4)))
        arcs.append(line)
    return arcs


def polygons(geometry: dict[str, Any]) -> list[list[list[int]]]:
    """Rings of arc numbers, for Polygon and MultiPolygon alike."""
    if geometry["type"] == "Polygon":
        return [geometry["arcs"]]
    return list(geometry["arcs"]) if geometry["type"] == "MultiPolygon" else []


def ring(numbers: Iterable[int], arcs: list[Line]) -> Line:
    """One closed line out of arc numbers; a negative one (~n) runs backwards."""
    line: Line = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        line += arc if not line else arc[1:]
    return line


def bounds(line: Line) -> tuple[float, float, float, float]:
    """West, south, east, north."""
    xs, ys = [p[0] for p in line], [p[1] for p in line]
    return min(xs), min(ys), max(xs), max(ys)


def simplify(line: Line, tolerance: float) -> Line:
    """Douglas and Peucker (1973), without recursion; tolerance in degrees of latitude."""
    if len(line) < 3:
        return line
    keep = {0, len(line) - 1}
    todo = [(0, len(line) - 1)]
    if line[0] == line[-1]:
        far = max(range(len(line)), key=lambda i: _distance(line[i], line[0], line[0]))
        keep.add(far)
        todo = [(0, far), (far, len(line) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        best = max(range(first + 1, last), key=lambda i: _distance(line[i], line[first], line[last]))
        if _distance(line[best], line[first], line[last]) > tolerance:
            keep.add(best)
            todo += [(first, best), (best, last)]
    return [line[i] for i in sorted(keep)]


def _distance(p: Point, a: Point, b: Point) -> float:
    """From p to the piece a–b, with a degree of longitude worth 0.64 of latitude (51° north)."""
    px, py = (p[0] - a[0]) * 0.64, p[1] - a[1]
    dx, dy = (b[0] - a[0]) * 0.64, b[1] - a[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else max(0.0, min(1.0, (px * dx + py * dy) / length))
    return float(((px - along * dx) ** 2 + (py - along * dy) ** 2) ** 0.5)


Area = tuple[str, Line]


def stitch(areas: list[Area], tolerance: float) -> list[Area]:
    """Make neighbours share their vertices where surveys left gaps or overlaps of up to tolerance degrees."""
    lonely = _lonely(areas)
    snapped = _snap(sorted({p for edge in lonely for p in edge}), tolerance)
    areas = [(name, [snapped.get(p, p) for p in line]) for name, line in areas]
    lonely = _lonely(areas)
    cells: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for point in {p for edge in lonely for p in edge}:
        cells[_cell(point)].append(point)
    return [(name, _split(line, lonely, cells, tolerance)) for name, line in areas]


def _lonely(areas: Iterable[Area]) -> set[tuple[Point, Point]]:
    """Edges beside one area only."""
    owners = _owners(areas)
    return {edge for edge, names in owners.items() if len(names) == 1}


def _owners(areas: Iterable[Area]) -> dict[tuple[Point, Point], set[str]]:
    owners: dict[tuple[Point, Point], set[str]] = defaultdict(set)
    for name, line in areas:
        for a, b in pairwise(line):
            if a != b:
                owners[min((a, b), (b, a))].add(name)
    return owners


def _cell(point: Point) -> tuple[int, int]:
    return int(point[0] * 1000), int(point[1] * 1000)


def _around(cells: dict[tuple[int, int], list[Point]], a: Point, b: Point) -> Iterator[Point]:
    (x0, y0), (x1, y1) = _cell((min(a[0], b[0]), min(a[1], b[1]))), _cell((max(a[0], b[0]), max(a[1], b[1])))
    for x in range(x0 - 1, x1 + 2):
        for y in range(y0 - 1, y1 + 2):
            yield from cells.get((x, y), ())


def _snap(points: list[Point], tolerance: float) -> dict[Point, Point]:
    cells: dict[tuple[int, int], list[Point]] = defaultdict(list)
    result = {}
    for point in points:
        near = [p for p in _around(cells, point, point) if _distance(p, point, point) <= tolerance]
        result[point] = min(near, key=lambda p: _distance(p, point, point)) if near else point
        if not near:
            cells[_cell(point)].append(point)
    return result


def _split(
    line: Line, lonely: set[tuple[Point, Point]], cells: dict[tuple[int, int], list[Point]], tolerance: float
) -> Line:
    """Insert into each lonely edge the lonely vertices that lie on it."""
    result = line[:1]
    for a, b in pairwise(line):
        if a == b:
            continue
        if min((a, b), (b, a)) in lonely:
            on = {p for p in _around(cells, a, b) if p not in (a, b) and _distance(p, a, b) <= tolerance}
            result += sorted(on, key=lambda p: _distance(p, a, a))
        result.append(b)
    return result


def shared_lines(areas: Iterable[Area]) -> Iterator[tuple[Owners, Line]]:
    """Cut the rings of areas where owners change: each border once, with the one or two areas beside it."""
    owners = _owners(areas)
    at: dict[Point, set[Point]] = defaultdict(set)
    for a, b in owners:
        at[a].add(b)
        at[b].add(a)
    left = {edge: frozenset(names) for edge, names in owners.items()}
    ends = [p for p in at if len(at[p]) != 2]
    for start in [*ends, *at]:
        for neighbour in sorted(at[start]):
            if min((start, neighbour), (neighbour, start)) in left:
                yield _follow(start, neighbour, at, left)


def _follow(
    start: Point, onward: Point, at: dict[Point, set[Point]], left: dict[tuple[Point, Point], Owners]
) -> tuple[Owners, Line]:
    names = left.pop(min((start, onward), (onward, start)))
    line = [start, onward]
    while len(at[line[-1]]) == 2:
        after = next(p for p in at[line[-1]] if p != line[-2])
        edge = min((line[-1], after), (after, line[-1]))
        if left.get(edge) != names:
            break
        del left[edge]
        line.append(after)
    return names, line


def outline(areas: Iterable[Area], least: float) -> list[Line]:
    """The rings around all areas together; those that enclose less than least square degrees are left out.

    An edge that rings walk an even number of times lies inside. What remains meets an even number of times in
    each point, so that any walk along it comes back to where it began.
    """
    odd: dict[Point, set[Point]] = defaultdict(set)
    for _, line in areas:
        for a, b in pairwise(line):
            if a != b:
                odd[a] ^= {b}
                odd[b] ^= {a}
    rings = []
    for start in sorted(odd):
        while odd[start]:
            rings.append(_walk(start, odd))
    return [ring for ring in rings if _area(ring) >= least]


def _walk(start: Point, odd: dict[Point, set[Point]]) -> Line:
    path = [start]
    while len(path) == 1 or path[-1] != start:
        onward = min(odd[path[-1]])
        odd[path[-1]].discard(onward)
        odd[onward].discard(path[-1])
        path.append(onward)
    return path


def _area(ring: Line) -> float:
    pairs = pairwise(ring)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2
