"""Events that were found, against those that are stored: the same event is found again, never told again.

A stretch is always worked out anew, so late data may move an event, join two, or show that there was none. Found and
stored events are the same when their times touch. What was told once is told no more, whatever becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import Q

from allconnects.alerts.columns import Columns
from allconnects.alerts.engine import OPEN, Events
from allconnects.alerts.models import Alert, Handling, Rule, Step, What
from allconnects.alerts.services import outbox
from allconnects.alerts.services.scope import Thing
from allconnects.kit import clock
from allconnects.places.homes import at_home

OLD_NEWS = timedelta(hours=24)
"""What became an event so long ago, but is found only now, stands in the inbox and wakes nobody."""


@dataclass(slots=True)
class Found:
    """One event as it was found. ``certain``: False when it may have begun before what was looked at."""

    start: datetime
    end: datetime | None
    raised: datetime
    peak: float | None = None
    peak_at: datetime | None = None
    lat_e7: int | None = None
    lon_e7: int | None = None
    certain: bool = True


@dataclass(slots=True)
class _Stored:
    """A stored event with the times that it had before this round."""

    alert: Alert
    start: datetime
    end: datetime | None
    taken: bool = field(default=False)

    def touches(self, found: Found) -> bool:
        return (found.end is None or self.start <= found.end) and (self.end is None or self.end >= found.start)


def of_events(events: Events, columns: Columns) -> list[Found]:
    """Rows of the engine. Where a person lives is not written down."""
    rows = events.row
    hidden = at_home(columns.lat_e7[rows] / 1e7, columns.lon_e7[rows] / 1e7) if len(rows) else np.empty(0, bool)
    result = []
    for at, row in enumerate(rows.tolist()):
        end, peak = int(events.end_ms[at]), float(events.peak[at])
        lat, lon = (None, None) if hidden[at] else (int(columns.lat_e7[row]), int(columns.lon_e7[row]))
        peaked = None if peak != peak else moment(int(columns.time_ms[events.peak_row[at]]))
        result.append(
            Found(
                start=moment(int(events.start_ms[at])),
                end=None if end == OPEN else moment(end),
                raised=moment(int(events.raised_ms[at])),
                peak=None if peak != peak else peak,
                peak_at=peaked,
                lat_e7=lat,
                lon_e7=lon,
                certain=bool(events.known[at]),
            )
        )
    return result


def moment(ms: int) -> datetime:
    """Milliseconds since 1970 as an instant."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def record(rule: Rule, thing: Thing, found: Sequence[Found], since: datetime) -> list[Alert]:
    """Make what is stored from ``since`` on equal to what was found. Returns the events that are new."""
    stored = _stored(rule, thing.subject, since)
    new = []
    for one in found:
        known = [other for other in stored if other.touches(one)]
        free = [other for other in known if not other.taken]
        if free:
            _join(free, one, since)
        else:
            new.append(_add(rule, thing, one, told=any(other.alert.notified for other in known)))
    for other in stored:
        if not other.taken:
            _gone(other.alert, since)
    return new


def _stored(rule: Rule, subject: str, since: datetime) -> list[_Stored]:
    rows = (
        Alert.objects.select_for_update()
        .filter(Q(end_at=None) | Q(end_at__gte=since), rule=rule, subject=subject)
        .order_by("start_at")
    )
    return [_Stored(one, one.start_at, one.end_at) for one in rows]


def _join(free: list[_Stored], found: Found, since: datetime) -> None:
    """The first of those that touch is the event; others turned out to be parts of it."""
    kept = free[0].alert
    for other in free:
        other.taken = True
    for other in free[1:]:
        kept.notified = kept.notified or other.alert.notified
        _withdraw(other.alert)
    if not found.certain and kept.start_at < since:
        found.start, found.raised = kept.start_at, kept.raised_at
    _update(kept, found)


def _update(alert: Alert, found: Found) -> None:
    was = (alert.start_at, alert.end_at)
    alert.start_at, alert.end_at, alert.raised_at = found.start, found.end, found.raised
    alert.peak, alert.peak_at = found.peak, found.peak_at
    if was[0] != found.start:
        alert.lat_e7, alert.lon_e7 = found.lat_e7, found.lon_e7
    changed = was != (found.start, found.end)
    if alert.handling == Handling.WITHDRAWN:
        alert.handling = Handling.OPEN
        step(alert, What.REOPENED)
        changed = True
    elif was[0] != found.start or (was[1] is not None and was[1] != found.end):
        alert.corrected = True
        step(alert, What.CORRECTED)
    elif was[1] is None and found.end is not None:
        step(alert, What.ENDED)
    if changed:
        alert.changed_at = clock.now()
    alert.save()


def _add(rule: Rule, thing: Thing, found: Found, *, told: bool) -> Alert:
    """A new event; nobody is told of what is a part of an event that was told already, or of old news."""
    alert = Alert.objects.create(
        organisation_id=rule.organisation_id, rule=rule, device=thing.device, subject=thing.subject,
        subject_name=thing.name, start_at=found.start, end_at=found.end, raised_at=found.raised, peak=found.peak,
        peak_at=found.peak_at, lat_e7=found.lat_e7, lon_e7=found.lon_e7,
    )  # fmt: skip
    step(alert, What.RAISED)
    if told or clock.now() - found.raised > OLD_NEWS:
        alert.notified = told
        alert.save(update_fields=["notified"])
    else:
        outbox.tell(alert, "raised")
    return alert


def _gone(alert: Alert, since: datetime) -> None:
    """Stored and not found again. What began before the stretch that was looked at only ends there."""
    if alert.start_at >= since:
        _withdraw(alert)
    elif alert.end_at is None:
        alert.end_at = alert.changed_at = since
        step(alert, What.ENDED)
        alert.save()


def _withdraw(alert: Alert) -> None:
    """It was none. What somebody resolved stays as it was written, marked as corrected."""
    if alert.handling == Handling.WITHDRAWN:
        return
    alert.corrected, alert.changed_at = True, clock.now()
    if alert.handling == Handling.RESOLVED:
        step(alert, What.CORRECTED)
    else:
        alert.handling = Handling.WITHDRAWN
        step(alert, What.WITHDRAWN)
    alert.save()


def step(alert: Alert, what: What, account: int | None = None, note: str = "") -> None:
    """Write down what happened to an event."""
    Step.objects.create(
        organisation_id=alert.organisation_id, alert=alert, what=what, account_id=account, note=note, at=clock.now()
    )
