"""What a rule looks for, as signals over columns of positions. Pure.

Thresholds that are not a rule's own are in ``thresholds.toml``, with where they come from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from allconnects.alerts.columns import Columns, moved_m
from allconnects.alerts.engine import Bools, Shape, Signal
from allconnects.alerts.hours import within
from allconnects.alerts.params import Params

Inside = Callable[[tuple[int, ...]], tuple[Bools, Bools]]
"""Of each position: surely in one of these places, surely in none; on the edge it is neither."""
MINUTE_MS = 60_000


@cache
def thresholds() -> Mapping[str, float]:
    """Name to value of ``thresholds.toml``."""
    listed = tomllib.loads((files("allconnects.alerts") / "thresholds.toml").read_text("utf-8"))
    return {name: one["value"] for name, one in listed.items()}


def signal(params: Params, columns: Columns, inside: Inside) -> Signal:
    """The condition of a rule with its filters of time and place.

    A filter that does not hold speaks against the condition: who drives into working hours ends use outside them.
    """
    found = SIGNALS[params.kind](params, columns, inside)
    if params.when != "any":
        working = within(columns.time_ms, params.hours)
        passes = working if params.when == "inside" else ~working
        found = Signal(found.on & passes, found.off | ~passes, found.value)
    if params.where != "any" and params.kind not in PLACED:
        here, away = inside(params.places)
        yes, no = (here, away) if params.where == "at" else (away, here)
        found = Signal(found.on & yes, found.off | no, found.value)
    return found


def shape(params: Params) -> Shape:
    """What stretch of the condition is an event."""
    limit, minute = thresholds(), MINUTE_MS
    gap = int(limit["standing_gap_min" if params.kind in LASTING else "moving_gap_min"]) * minute
    pause = int(limit["harsh_pause_min" if params.kind == "harsh" else "pause_min"]) * minute
    if params.kind == "short_stay":
        return Shape(max_ms=params.minutes * minute, gap_ms=gap)
    least = params.minutes * minute
    edge = params.kind in ("left", "corridor")
    return Shape(least, None, pause, gap, lowest=params.kind in LOW, edge=edge)


def _moving(columns: Columns) -> tuple[Bools, Bools]:
    limit = thresholds()
    return columns.speed_kmh >= limit["moving_kmh"], columns.speed_kmh < limit["standing_kmh"]


def _state(params: Params, columns: Columns, inside: Inside) -> Signal:
    on, off = _moving(columns)
    return Signal(on, off, columns.speed_kmh) if params.kind == "moving" else Signal(off, on, _nothing(columns))


def _speeding(params: Params, columns: Columns, inside: Inside) -> Signal:
    limit = params.number
    return Signal(
        columns.speed_kmh > limit, columns.speed_kmh <= limit - thresholds()["speed_release_kmh"], columns.speed_kmh
    )


def _place(params: Params, columns: Columns, inside: Inside) -> Signal:
    here, away = inside(params.places)
    on, off = (here, away) if params.kind in ("entered", "short_stay") else (away, here)
    return Signal(on, off, columns.speed_kmh)


def _corridor(params: Params, columns: Columns, inside: Inside) -> Signal:
    here, away = inside(params.places)
    moving, _standing = _moving(columns)
    return Signal(away & moving, here, columns.speed_kmh)


def _use(params: Params, columns: Columns, inside: Inside) -> Signal:
    ignition = columns.number("ignition")
    on, off = _moving(columns)
    return Signal(on | (ignition == 1), off & ~(ignition == 1), columns.speed_kmh)


def _tow(params: Params, columns: Columns, inside: Inside) -> Signal:
    ignition, limit = columns.number("ignition"), thresholds()
    far = moved_m(columns, int(limit["tow_window_min"]) * MINUTE_MS)
    said = columns.number("towing") == 1
    on = said | ((ignition == 0) & (columns.speed_kmh >= limit["tow_kmh"]) & (far >= limit["tow_m"]))
    off = ~on & ((ignition == 1) | (columns.speed_kmh < limit["standing_kmh"]))
    return Signal(on, off, far)


def _moved(params: Params, columns: Columns, inside: Inside) -> Signal:
    """A thing without ignition: far from where it was is moved, whatever speed it says."""
    limit = thresholds()
    far = moved_m(columns, int(limit["moved_window_min"]) * MINUTE_MS)
    on = far >= limit["moved_m"]
    return Signal(on, far < limit["moved_m"] / 2, far)


def _power(params: Params, columns: Columns, inside: Inside) -> Signal:
    volts, cut = columns.number("power"), columns.number("unplugged")
    said = columns.words("alarm") == "powerCut"
    on = said | (cut == 1) | (volts < params.number)
    off = ~on & ((cut == 0) | (volts >= params.number + thresholds()["power_release_v"]))
    return Signal(on, off, volts)


def _battery(params: Params, columns: Columns, inside: Inside) -> Signal:
    level = columns.number("batteryLevel")
    on = (columns.words("alarm") == "lowBattery") & ~(level > params.number) | (level <= params.number)
    return Signal(on, ~on & (level > params.number + thresholds()["battery_release"]), level)


def _harsh(params: Params, columns: Columns, inside: Inside) -> Signal:
    said = columns.words("alarm")
    on = (said == "hardAcceleration") | (said == "hardBraking") | (said == "hardCornering")
    return Signal(on, ~on, np.where(on, columns.number("greenDrivingValue"), np.nan))


def _attribute(params: Params, columns: Columns, inside: Inside) -> Signal:
    if params.comparison == "is":
        found = columns.words(params.attribute)
        known = np.array([value is not None for value in found], bool)
        on = found == params.word
        return Signal(on, known & ~on, _nothing(columns))
    value = columns.number(params.attribute)
    if params.comparison in ("on", "off"):
        wanted = 1.0 if params.comparison == "on" else 0.0
        return Signal(value == wanted, (value == value) & (value != wanted), value)
    if params.comparison == "above":
        return Signal(value > params.number, value <= params.number - params.release, value)
    return Signal(value < params.number, value >= params.number + params.release, value)


def _nothing(columns: Columns) -> Any:
    return np.full(len(columns), np.nan)


SIGNALS: dict[str, Callable[[Params, Columns, Inside], Signal]] = {
    "moving": _state,
    "standing": _state,
    "speeding": _speeding,
    "entered": _place,
    "left": _place,
    "short_stay": _place,
    "corridor": _corridor,
    "use": _use,
    "tow": _tow,
    "moved": _moved,
    "power_cut": _power,
    "low_battery": _battery,
    "harsh": _harsh,
    "attribute": _attribute,
}
PLACED = frozenset({"entered", "left", "short_stay", "corridor", "absent"})
"""Kinds whose place is the condition itself, not a filter."""
LASTING = frozenset({"standing", "entered", "left", "short_stay", "moved", "power_cut", "low_battery", "attribute"})
"""What a parked device, which reports seldom, goes on being."""
LOW = frozenset({"power_cut", "low_battery"})
"""Kinds whose peak is the least value."""
NEEDS: dict[str, frozenset[str]] = {
    "use": frozenset({"ignition"}),
    "tow": frozenset({"ignition", "towing"}),
    "power_cut": frozenset({"power", "unplugged", "alarm"}),
    "low_battery": frozenset({"batteryLevel", "alarm"}),
    "harsh": frozenset({"alarm", "greenDrivingValue"}),
}


def needs(params: Params) -> frozenset[str]:
    """The attributes that a rule looks at."""
    return frozenset({params.attribute}) if params.kind == "attribute" else NEEDS.get(params.kind, frozenset())


def lookback_ms(params: Params) -> int:
    """How far before a position a rule must look to judge it."""
    if params.kind == "absent":
        return 36 * 60 * MINUTE_MS
    found = shape(params)
    return found.min_ms + (found.max_ms or 0) + found.pause_ms + found.gap_ms


def context_ms(params: Params) -> int:
    """How far before what is judged a rule must read, to know where a thing was before it moved."""
    if params.kind == "moved":
        return int(thresholds()["moved_window_min"]) * MINUTE_MS + shape(params).gap_ms
    return int(thresholds()["tow_window_min"]) * MINUTE_MS * 2 if params.kind == "tow" else 0
