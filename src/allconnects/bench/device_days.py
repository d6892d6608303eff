"""Device-days to measure the store with: made ones, or those of a CSV file."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from allconnects.bench import tracker_day
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS as _ZONE
from allconnects.kit.errors import InvalidInput
from allconnects.telemetry.codecs.base import Position, Value
from allconnects.telemetry.store import teltonika
from allconnects.telemetry.store.columns import from_positions
from allconnects.telemetry.store.rows import EPOCH_2000_MS, I64, Columns, join, take

DAY_MS = 86_400_000
_TIME, _LAT, _LON = "time", "lat", "lon"
_MEASURES = ("altitude_m", "speed_kmh", "course_deg")
_E7 = 7


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """Positions of one device on one Brussels day, ordered and each once; ``received_ms`` int64 (n,)."""

    device: int
    day: date
    columns: Columns
    received_ms: I64


def made(count: int, seed: int = 1) -> list[DeviceDay]:
    """``count`` working days of vans, a record every 5 s of driving, sent ten at a time."""
    start = brussels_midnight(clock.now().date() - timedelta(days=3)) + 6 * 3_600_000
    return [_made(device, start, seed) for device in range(count)]


def day_of(device: int, day: date, seed: int = 1) -> DeviceDay:
    """The working day that ``made`` gives a device, on another day."""
    return _made(device, brussels_midnight(day) + 6 * 3_600_000, seed)


def _made(device: int, start_ms: int, seed: int) -> DeviceDay:
    parts, damaged = teltonika.decode(tracker_day.bodies(tracker_day.records(device, start_ms, seed)))
    if damaged:
        raise InvalidInput("a made record is damaged")
    columns = join(parts)
    columns = take(columns, np.argsort(columns.time_ms, kind="stable"))
    batch = np.arange(len(columns)) // 10
    late = np.random.default_rng((seed, device)).integers(400, 2_500, len(columns))[batch]
    received = columns.time_ms[np.minimum(batch * 10 + 9, len(columns) - 1)] + late
    return DeviceDay(device, _day(start_ms), columns, received)


def brussels_midnight(day: date) -> int:
    """When a Brussels day begins, ms since 1970 UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=_ZONE).timestamp() * 1000)


def _day(ms: int) -> date:
    return datetime.fromtimestamp(ms / 1000, _ZONE).date()


def from_csv(path: Path) -> list[DeviceDay]:
    """The days of one device in a CSV file: ``time,lat,lon`` and any further columns as attributes.

    Times are ISO 8601 (UTC where they name no zone) or seconds or milliseconds since 1970. Degrees are read to
    1e-7, as the store keeps them. Where time steps back another recording begins, which is put behind the one
    before: one device whose day is made of all of them. A file that reaches back before 2000 or into the future
    has arbitrary dates: it is moved to begin at a Brussels midnight, so as to end yesterday. Raises InvalidInput
    with the line.
    """
    times, reports = _rows(path)
    times = _moved(_continued(times))
    for report, ms in zip(reports, times.tolist(), strict=True):
        report.time_ms = ms
    columns = from_positions(reports, range(len(reports)))
    _, first = np.unique(np.stack((columns.time_ms, columns.content)), axis=1, return_index=True)
    columns = take(columns, np.sort(first))
    return list(_cut(take(columns, np.argsort(columns.time_ms, kind="stable"))))


def _rows(path: Path) -> tuple[I64, list[Position]]:
    times: list[int] = []
    reports: list[Position] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if not {_TIME, _LAT, _LON} <= set(lines.fieldnames or ()):
                raise InvalidInput("the file needs the columns time, lat and lon")
            for line in lines:
                times.append(_milliseconds(line.pop(_TIME) or "", lines.line_num))
                reports.append(_report(line, lines.line_num))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("the file cannot be read as CSV") from error
    if not reports:
        raise InvalidInput("the file has no positions")
    return np.array(times, np.int64), reports


def _milliseconds(text: str, line: int) -> int:
    try:
        number = float(text)
        scale = 1 if abs(number) >= 1e11 else 1000
        return round(number * scale)
    except (ValueError, OverflowError):
        pass
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(f"line {line}: no time") from None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return round((when - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def _report(line: dict[str, str | None], number: int) -> Position:
    try:
        lat, lon = (round(float(line.pop(name) or ""), _E7) for name in (_LAT, _LON))
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            raise ValueError
        measures = {name: float(text) for name in _MEASURES if (text := line.pop(name, None))}
    except (ValueError, TypeError):
        raise InvalidInput(f"line {number}: no place, or a measure that is no number") from None
    attributes = {name: _value(text) for name, text in line.items() if name and text}
    return Position(None, True, lat, lon, **measures, attributes=attributes)


def _value(text: str) -> Value:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        return value if math.isfinite(value) else text
    return text


def _continued(times: I64) -> I64:
    """Each recording behind the one before, at the usual distance."""
    steps = np.diff(times)
    usual = int(np.median(steps[steps > 0])) if (steps > 0).any() else 1000
    return np.asarray(times[0] + np.concatenate(([0], np.cumsum(np.where(steps < 0, usual, steps)))), np.int64)


def _moved(times: I64) -> I64:
    """Dates that say nothing: a Brussels midnight some days ago is as good a beginning as any."""
    now = int(clock.now().timestamp() * 1000)
    if times.min() >= EPOCH_2000_MS and times.max() <= now:
        return times
    span = int(times.max() - times.min())
    begin = brussels_midnight(_day(now - span) - timedelta(days=1))
    return np.asarray(times - times.min() + begin, np.int64)


def _cut(columns: Columns) -> Iterator[DeviceDay]:
    """By Brussels days."""
    at = 0
    while at < len(columns):
        day = _day(int(columns.time_ms[at]))
        end = int(np.searchsorted(columns.time_ms, brussels_midnight(day + timedelta(days=1))))
        part = take(columns, np.arange(at, end))
        yield DeviceDay(0, day, part, np.full(end - at, int(part.time_ms[-1]) + 1000, np.int64))
        at = end


def total(days: Iterable[DeviceDay]) -> int:
    """Number of positions."""
    return sum(len(day.columns) for day in days)
