"""Computes trips and stops anew where positions, drivers, rules or corrections changed, and there only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from allconnects.privacy.vault import Vault
from allconnects.telemetry.store.reader import kept_from, track
from allconnects.trips.certain import DAY_MS
from allconnects.trips.effect import Effect, Row, Said, applied
from allconnects.trips.found import Found, look
from allconnects.trips.idling import EVER, Spans, beside, engine_on
from allconnects.trips.idling import within as spans_within
from allconnects.trips.purposes import laid
from allconnects.trips.purposes import said as uses_of
from allconnects.trips.result import Track
from allconnects.trips.store import holders, settings
from allconnects.trips.store.corrections import in_force, remember
from allconnects.trips.store.rows import pairs
from allconnects.trips.store.write import (
    STOPS,
    TRIPS,
    Many,
    Target,
    Values,
    Written,
    moment,
    moments,
    replace_rows,
    stop_values,
    trip_values,
)
from allconnects.trips.stretch import Period, Stretch, find

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))"
_KIND: Final = "SELECT kind FROM telemetry_device WHERE organisation_id = %s AND id = %s"
_ASTRIDE: Final = """
    SELECT start_at, end_at FROM trips_trip WHERE organisation_id = %s AND device_id = %s
      AND start_at < %s AND start_at >= %s AND end_at > %s"""
_OF_DEVICE: Final = "organisation_id = %s AND device_id = %s"
_TOO_OLD: Final = f"SELECT 1 FROM trips_trip WHERE {_OF_DEVICE} AND start_at < %s LIMIT 1"


@dataclass(frozen=True, slots=True)
class Work:
    """On whose trips to work and how: a cursor whose transaction may read and write them.

    ``keep_days``: how long positions are kept. ``who``: as the log of the vault names who asks.
    """

    cursor: Many
    organisation: int
    device: int
    keep_days: int
    who: str
    vault: Vault | None = None

    def load(self, start_ms: int, end_ms: int) -> Track:
        """Usable fixes as the detector takes them. Raises as ``reader.track`` does."""
        found = track(
            self.cursor, self.organisation, self.device, moment(start_ms), moment(end_ms),
            who=self.who, vault=self.vault, signals=True,
        )  # fmt: skip
        return Track(
            time_ms=found.time_ms, lat_e7=found.lat_e7, lon_e7=found.lon_e7, speed_kmh=found.speed_kmh,
            ignition=found.ignition, odometer_m=found.odometer_m, satellites=found.satellites,
        )  # fmt: skip

    def rows(self, query: str, *params: Any) -> list[Any]:
        """The answer to a query about this device."""
        self.cursor.execute(query, (self.organisation, self.device, *params))
        return list(self.cursor.fetchall())

    def kept_from(self) -> datetime:
        """Since when positions are certainly all there."""
        day = clock.today() - timedelta(days=self.keep_days - 1)
        decided = kept_from(self.cursor, self.organisation)
        kept = datetime.combine(day, time(), BRUSSELS).astimezone(UTC)
        return kept if decided is None else max(kept, decided)


def recompute(work: Work, first: datetime, last: datetime) -> Written:
    """Bring trips and stops up to date that fixes or changes from ``first`` to ``last`` can have touched.

    Takes a lock on the device until the transaction ends. Raises what ``reader.track`` raises; nothing is written
    then. Positions older than they are kept change nothing.
    """
    work.cursor.execute(_LOCK, (f"trips {work.organisation} {work.device}",))
    kind = work.rows(_KIND)
    kept = work.kept_from()
    if not kind or last < kept:
        return Written(done=False)
    klass = holders.klass_of(work.cursor, work.organisation, work.device, kind[0][0])
    periods = settings.periods(work.cursor, work.organisation, work.device, klass, kind[0][0])
    said = in_force(work.cursor, work.organisation, work.device)
    stretch = _stretch(work, periods, said, _ms(max(first, kept)), _ms(last), _ms(kept))
    if stretch is None:
        return Written(done=False)
    found, effect = _computed(work, stretch, periods, said)
    return _write(work, stretch, found, effect, kept, engine_on(stretch.track, periods))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _stretch(
    work: Work, periods: Sequence[Period], said: Sequence[Said], first_ms: int, last_ms: int, kept_ms: int
) -> Stretch | None:
    """The stretch, widened until no stored trip and no correction lies half in it.

    None where it would begin before what is kept: trips of which the positions are gone stay as they are.
    """
    while True:
        stretch = find(work.load, periods, first_ms, last_ms, kept_ms, clock.now_ms())
        spans = [*_astride(work, stretch), *((one.start_ms, one.end_ms) for one in said if _half(stretch, one))]
        wider = min([first_ms, *(a for a, _ in spans)]), max([last_ms, *(b for _, b in spans)])
        if wider == (first_ms, last_ms):
            break
        first_ms, last_ms = wider
        if first_ms < kept_ms:
            return None
    if stretch.lo is None and work.rows(_TOO_OLD, moment(kept_ms)) and first_ms < kept_ms + 2 * DAY_MS:
        return None
    return stretch


def _astride(work: Work, stretch: Stretch) -> list[tuple[int, int]]:
    found: list[Any] = []
    for cut in (stretch.lo, stretch.hi):
        if cut is not None:
            at = moment(cut.at_ms)
            found += work.rows(_ASTRIDE, at, at - timedelta(days=15), at)
    return [(_ms(start), _ms(end)) for start, end in found]


def _half(stretch: Stretch, one: Said) -> bool:
    """Whether a correction is about trips in the stretch, but not only about those."""
    lo = stretch.lo.at_ms if stretch.lo else None
    hi = stretch.hi.at_ms if stretch.hi else None
    touches = (lo is None or one.end_ms > lo) and (hi is None or one.start_ms < hi)
    inside = (lo is None or one.start_ms >= lo) and (hi is None or one.end_ms <= hi)
    return touches and not inside


def _computed(
    work: Work, stretch: Stretch, periods: Sequence[Period], said: Sequence[Said]
) -> tuple[Found, Effect]:  # fmt: skip
    times = stretch.track.time_ms
    changes = []
    if len(times):
        changes = holders.changes(work.cursor, work.organisation, work.device, int(times[0]), int(times[-1]))
    found = look(stretch, periods, changes)
    lo = stretch.lo.at_ms if stretch.lo else -(2**62)
    hi = stretch.hi.at_ms if stretch.hi else 2**62
    mine = [one for one in said if one.end_ms > lo and one.start_ms < hi]
    splits = [one.split_ms for one in mine if one.split_ms is not None]
    atoms = look(stretch, periods, changes, splits).legs if splits else found.legs
    return found, applied(found.legs, atoms, found.rests, mine)


def _write(
    work: Work, stretch: Stretch, found: Found, effect: Effect, kept: datetime, engine: Spans
) -> Written:  # fmt: skip
    lo = moment(stretch.lo.at_ms) if stretch.lo else kept
    hi = moment(stretch.hi.at_ms) if stretch.hi else None
    target = Target(work.organisation, work.device, lo, hi)
    end, still_open = _beyond(work, found, hi)
    engine = _known_of(work, stretch, engine)
    if stretch.lo:
        first = moment(found.legs[0].start_ms) if found.legs else None
        _prolong(work, lo, (first, False) if first else (end, still_open), engine)
    rests = []
    for one in found.rests:
        until = max(moment(one.start_ms), end if one.end_ms is None else moment(one.end_ms))
        rests.append(
            stop_values(
                work.device, one, until, one.end_ms is None and still_open,
                spans_within(engine, one.start_ms, _ms(until)), one.start_ms not in effect.swallowed,
            )
        )  # fmt: skip
    trips: list[Values] = [trip_values(work.device, row) for row in _with_uses(work, effect.rows)]
    parts = replace_rows(work.cursor, TRIPS, target, trips), replace_rows(work.cursor, STOPS, target, rests)
    remember(work.cursor, work.organisation, effect.states)
    return Written(sum(one.written for one in parts), sum(one.removed for one in parts))


def _with_uses(work: Work, rows: Sequence[Row]) -> list[Row]:
    """Rows with what was said that they were for."""
    if not rows:
        return []
    start, end = min(row.leg.start_ms for row in rows), max(row.leg.end_ms for row in rows)
    return laid(rows, uses_of(work.cursor, work.organisation, work.device, moment(start), moment(end)))


_NEXT: Final = f"SELECT start_at FROM trips_trip WHERE {_OF_DEVICE} AND computed AND start_at >= %s ORDER BY 1 LIMIT 1"
_COVERING: Final = f"""
    SELECT end_at, still_open FROM trips_stop WHERE {_OF_DEVICE} AND start_at < %s ORDER BY start_at DESC LIMIT 1"""


def _beyond(work: Work, found: Found, hi: datetime | None) -> tuple[datetime, bool]:
    """When the last stop of a stretch ends, and whether it still lasts: at the next trip, or with the data."""
    if hi is None:
        return moment(found.last_fix_ms or 0), True
    following = work.rows(_NEXT, hi)
    if following:
        return following[0][0], False
    covering = work.rows(_COVERING, hi)
    return covering[0] if covering and covering[0][0] >= hi else (hi, True)


_BEFORE: Final = f"""
    SELECT start_at, end_at, still_open, idle FROM trips_stop WHERE {_OF_DEVICE} AND start_at < %s
    ORDER BY start_at DESC LIMIT 1"""
_TRIP_BEFORE: Final = f"""
    SELECT start_at FROM trips_trip WHERE {_OF_DEVICE} AND computed AND start_at < %s ORDER BY 1 DESC LIMIT 1"""
_PROLONG: Final = f"""
    UPDATE trips_stop SET end_at = %s, still_open = %s, idle = %s, computed_at = now()
    WHERE {_OF_DEVICE} AND start_at = %s"""


_IDLE: Final = f"SELECT idle FROM trips_stop WHERE {_OF_DEVICE} AND start_at < %s ORDER BY start_at DESC LIMIT 1"


def _known_of(work: Work, stretch: Stretch, engine: Spans) -> Spans:
    """When the engine ran: in the stretch by its fixes, and where stops reach beyond its ends as it was computed."""
    lo = -EVER if stretch.lo is None else stretch.lo.at_ms
    hi = EVER if stretch.hi is None else stretch.hi.at_ms
    before, after = (
        () if cut is None else _spans(work.rows(_IDLE, moment(cut.at_ms))) for cut in (stretch.lo, stretch.hi)
    )
    return beside(spans_within(before, -EVER, lo), spans_within(engine, lo, hi), spans_within(after, hi, EVER))


def _spans(found: list[Any]) -> Spans:
    return tuple((_ms(begin), _ms(end)) for begin, end in pairs(found[0][0])) if found else ()


def _prolong(work: Work, lo: datetime, until: tuple[datetime, bool], engine: Spans) -> None:
    """The stop in which the stretch begins lasts until its first trip."""
    stop, trip = work.rows(_BEFORE, lo), work.rows(_TRIP_BEFORE, lo)
    if not stop or (trip and trip[0][0] >= stop[0][0]):
        return
    start_at, *known = stop[0]
    wanted = [*until, moments(spans_within(engine, _ms(start_at), _ms(until[0])))]
    if known != wanted:
        work.cursor.execute(_PROLONG, (*wanted, work.organisation, work.device, start_at))
