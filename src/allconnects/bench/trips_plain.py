"""The trip detector as a plain loop over positions: the baseline of ``bench trips``, and the oracle of its tests.

The same rules as ``allconnects.trips``, written a second time point by point, without NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from allconnects.bench.trips_plain_fixes import SEEN, Fix, Step, clean, step_between
from allconnects.trips.rules import Rules

STILL, BRIDGED, UNSEEN, JUMP = range(1, 5)


@dataclass(slots=True)
class Found:
    """Trips as (start ms, end ms, metres, why it ends), stops as (start ms, end ms), whether each input point moves."""

    trips: list[tuple[int, int, float, str]]
    stops: list[tuple[int, int]]
    moving: list[bool]


def detect(given: Sequence[Fix], rules: Rules) -> Found:
    """The same answer as ``allconnects.trips.detector.detect``, slowly."""
    fixes = clean(given, rules)
    if not fixes:
        return Found([], [], [False] * len(given))
    knots, steps = _tie(fixes, rules)
    runs = _movements(knots, steps, rules)
    for a, b in runs:
        for step in steps[a:b]:
            step.moving = True
    trips = _trips(knots, steps, runs, rules)
    return Found(
        [(knots[a].time_ms, knots[b].time_ms, _way(steps[a:b]), why) for a, b, why in trips],
        _stops(knots, trips),
        _moving(given, fixes, knots, steps),
    )


def _tie(fixes: list[Fix], rules: Rules) -> tuple[list[Fix], list[Step]]:
    slot = max(int(rules.knot_s * 1000), 1)
    knots = [fixes[0]]
    for i in range(1, len(fixes)):
        a, b = fixes[i - 1], fixes[i]
        is_last = i == len(fixes) - 1 or fixes[i + 1].time_ms - b.time_ms > 2 * slot
        if is_last or a.time_ms // slot != b.time_ms // slot or a.ignition != b.ignition:
            knots.append(b)
    steps = [step_between(a, b) for a, b in pairwise(knots)]
    for step in steps:
        step.kind = _kind(step, rules)
    tied, kinds = [knots[0]], []
    for i, step in enumerate(steps):
        if step.kind == UNSEEN:
            middle, pair = _moment(knots, steps, i, rules)
            tied.append(middle)
            kinds += pair
        else:
            kinds.append(step.kind)
        tied.append(knots[i + 1])
    whole = [step_between(a, b) for a, b in pairwise(tied)]
    for step, kind in zip(whole, kinds, strict=True):
        step.kind = kind
    return tied, whole


def _kind(step: Step, rules: Rules) -> int:
    if step.length > rules.jump_m + step.seconds * rules.max_speed_kmh / 3.6:
        return JUMP
    if step.seconds < rules.gap_s:
        return SEEN
    if step.length < rules.gap_still_m or step.kmh < rules.unseen_min_kmh:
        return STILL
    return BRIDGED if step.seconds - step.length * 3.6 / rules.unseen_kmh < rules.stop_s else UNSEEN


def _moment(knots: list[Fix], steps: list[Step], i: int, rules: Rules) -> tuple[Fix, list[int]]:
    was = i > 0 and steps[i - 1].kind == SEEN and steps[i - 1].kmh >= rules.confirm_kmh
    then = i + 1 < len(steps) and steps[i + 1].kind == SEEN and steps[i + 1].kmh >= rules.move_kmh
    needed = int(max(steps[i].length * 3600 / rules.unseen_kmh, 1))
    a, b = knots[i], knots[i + 1]
    if was and not then:
        return Fix(a.time_ms + needed, b.lat, b.lon, -1.0, b.ignition, True), [UNSEEN, STILL]
    return Fix(b.time_ms - needed, a.lat, a.lon, -1.0, a.ignition, True), [STILL, UNSEEN]


def _movements(knots: list[Fix], steps: list[Step], rules: Rules) -> list[tuple[int, int]]:
    for i, step in enumerate(steps):
        _judge(knots[i], knots[i + 1], step, _window(steps, i, rules.window_s), rules)
    runs: list[tuple[int, int]] = []
    i = 0
    while i < len(steps):
        first = i
        while i < len(steps) and steps[i].weak:
            i += 1
        if i > first and _confirmed(knots, steps, first, i, rules):
            runs.append((first, i))
        i += i == first
    return _with_edges(steps, _bridged(knots, steps, runs, rules), rules)


def _window(steps: list[Step], i: int, window_s: float) -> float:
    step = steps[i]
    parts = [(step, min(step.seconds, window_s) / step.seconds)]
    side = max((window_s - step.seconds) / 2, 0)
    for j in (i - 1, i + 1):
        if 0 <= j < len(steps):
            parts.append((steps[j], min(side, steps[j].seconds) / steps[j].seconds))
    east, north, seconds = (
        sum(getattr(one, name) * part for one, part in parts) for name in ("east", "north", "seconds")
    )
    return float(math.hypot(east, north) * 3.6 / seconds)


def _judge(a: Fix, b: Fix, step: Step, window_kmh: float, rules: Rules) -> None:
    if step.kind != SEEN:
        step.weak = step.strong = step.kind in (BRIDGED, UNSEEN)
        return
    fastest, slowest = max(a.speed, b.speed), min(a.speed, b.speed)
    drift = slowest >= 0 and fastest < rules.move_kmh and step.length < rules.still_veto_m
    step.weak = (step.kmh >= rules.move_kmh and not drift) or fastest >= rules.move_kmh
    step.strong = (window_kmh >= rules.confirm_kmh and not drift) or fastest >= rules.confirm_kmh


def _confirmed(knots: list[Fix], steps: list[Step], a: int, b: int, rules: Rules) -> bool:
    towed = all(knot.ignition == 0 for knot in knots[a : b + 1])
    least = rules.tow_m if towed else rules.displace_m
    return any(step.strong for step in steps[a:b]) and _span(steps[a:b]) >= least


def _span(steps: list[Step]) -> float:
    east, north = [0.0], [0.0]
    for step in steps:
        east.append(east[-1] + step.east)
        north.append(north[-1] + step.north)
    return math.hypot(max(east) - min(east), max(north) - min(north))


def _bridged(
    knots: list[Fix], steps: list[Step], runs: list[tuple[int, int]], rules: Rules
) -> list[tuple[int, int]]:  # fmt: skip
    found: list[tuple[int, int]] = []
    for a, b in runs:
        if found and knots[a].time_ms - knots[found[-1][1]].time_ms <= rules.bridge_s * 1000:
            between = steps[found[-1][1] : a]
            if not any(step.kind in (STILL, JUMP) for step in between):
                found[-1] = (found[-1][0], b)
                continue
        found.append((a, b))
    return found


def _with_edges(steps: list[Step], runs: list[tuple[int, int]], rules: Rules) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for a, b in runs:
        if a > (found[-1][1] if found else 0) and _is_edge(steps[a - 1], rules.run_up_kmh, rules):
            a -= 1
        if b < len(steps) and _is_edge(steps[b], rules.run_out_kmh, rules):
            b += 1
        found.append((a, b))
    return found


def _is_edge(step: Step, least_kmh: float, rules: Rules) -> bool:
    return step.kind == SEEN and step.seconds <= rules.edge_s and step.kmh >= least_kmh


def _trips(
    knots: list[Fix], steps: list[Step], runs: list[tuple[int, int]], rules: Rules
) -> list[tuple[int, int, str]]:  # fmt: skip
    found: list[tuple[int, int, str]] = []
    start = -1
    for number, (a, b) in enumerate(runs):
        start = a if start < 0 else start
        is_last = number == len(runs) - 1
        why = _why(knots, steps, b, len(knots) - 1 if is_last else runs[number + 1][0], rules)
        if why or is_last:
            if _span(steps[start:b]) >= rules.trip_m:
                found.append((start, b, why or "last_fix"))
            start = -1
    return _with_ignition(knots, steps, found, rules)


def _why(knots: list[Fix], steps: list[Step], a: int, b: int, rules: Rules) -> str:
    halt = steps[a:b]
    off_s = sum(step.seconds for i, step in enumerate(halt, a) if knots[i].ignition == 0)
    needed = 0.0 if b == len(knots) - 1 and knots[-1].ignition == 0 else rules.ignition_off_s
    limit = rules.idle_s if all(knot.ignition == 1 for knot in knots[a : b + 1]) else rules.stop_s
    if any(step.kind == JUMP for step in halt):
        return "jump"
    if knots[a].estimated and a > 0 and steps[a - 1].kind == UNSEEN:
        return "moved_unseen"
    if any(knot.ignition == 0 for knot in knots[a : b + 1]) and off_s >= needed:
        return "ignition_off"
    if any(step.kind == STILL for step in halt):
        return "silence"
    return "standstill" if knots[b].time_ms - knots[a].time_ms >= limit * 1000 else ""


def _with_ignition(
    knots: list[Fix], steps: list[Step], trips: list[tuple[int, int, str]], rules: Rules
) -> list[tuple[int, int, str]]:  # fmt: skip
    moved: list[int] = []
    for number, (a, _, _) in enumerate(trips):
        floor = trips[number - 1][1] if number else 0
        moved.append(max(_switched_on(knots, steps, a, rules), floor))
    found: list[tuple[int, int, str]] = []
    for number, (_, b, why) in enumerate(trips):
        roof = moved[number + 1] if number + 1 < len(trips) else len(knots) - 1
        found.append((moved[number], min(_switched_off(knots, steps, b, rules), roof), why))
    return found


def _switched_on(knots: list[Fix], steps: list[Step], start: int, rules: Rules) -> int:
    i = start
    while i > 0 and knots[i].ignition == 1 and knots[i - 1].ignition == 1 and steps[i - 1].kind == SEEN:
        i -= 1
    near = knots[start].time_ms - knots[i].time_ms <= rules.ignition_lead_s * 1000
    went_on = i > 0 and knots[i].ignition == 1 and knots[i - 1].ignition != 1
    return i if near and went_on else start


def _switched_off(knots: list[Fix], steps: list[Step], end: int, rules: Rules) -> int:
    if knots[end].ignition != 1:
        return end
    i = end
    while i < len(steps) and knots[i].ignition == 1 and steps[i].kind == SEEN:
        i += 1
    near = knots[i].time_ms - knots[end].time_ms <= rules.ignition_lead_s * 1000
    return i if near and knots[i].ignition == 0 else end


def _way(steps: list[Step]) -> float:
    return sum(step.length for step in steps if step.moving)


def _stops(knots: list[Fix], trips: list[tuple[int, int, str]]) -> list[tuple[int, int]]:
    if not trips:
        return [(knots[0].time_ms, knots[-1].time_ms)]
    found = [(0, trips[0][0])] if trips[0][0] > 0 else []
    found += [(one[1], other[0]) for one, other in pairwise(trips)]
    if trips[-1][2] != "last_fix":
        found.append((trips[-1][1], len(knots) - 1))
    return [(knots[a].time_ms, knots[b].time_ms) for a, b in found]


def _moving(given: Sequence[Fix], fixes: list[Fix], knots: list[Fix], steps: list[Step]) -> list[bool]:
    times: dict[int, bool] = {}
    at = 0
    for fix in fixes:
        while at + 1 < len(knots) and knots[at + 1].time_ms <= fix.time_ms:
            at += 1
        after = at < len(steps) and steps[at].moving
        is_knot = knots[at].time_ms == fix.time_ms
        times[fix.time_ms] = after or (is_knot and at > 0 and steps[at - 1].moving)
    answer: dict[int, bool] = {}
    known = sorted({fix.time_ms for fix in given})
    last = False
    for time_ms in known:
        last = times.get(time_ms, last)
        answer[time_ms] = last
    return [answer[fix.time_ms] for fix in given]
