"""The live watch: looks at the devices that sent something, or of which something is due, with every live rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Q

from allconnects.alerts import found as finding
from allconnects.alerts import params as settings
from allconnects.alerts import source
from allconnects.alerts.columns import Columns
from allconnects.alerts.conditions import context_ms, lookback_ms, needs
from allconnects.alerts.engine import NEVER
from allconnects.alerts.models import Alert, Progress, Rule, State, Waiting
from allconnects.alerts.params import KINDS, Params
from allconnects.alerts.placed import Places
from allconnects.alerts.services import record
from allconnects.alerts.services.scope import Thing, things, watches
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError
from allconnects.telemetry.store import news

log = structlog.get_logger()
SETTLED = timedelta(minutes=10)
"""Where only the time of receipt can tell what is new, so much is looked at twice, which changes nothing."""
FURTHEST = timedelta(days=7)
"""What began longer ago keeps the start that it was stored with."""
WIDER = (timedelta(0), timedelta(days=1), FURTHEST)
_RECEIVED = """
    SELECT device_id, min(fix_time) FROM telemetry_position
    WHERE organisation_id = %s AND received_at > %s AND received_at <= %s GROUP BY device_id"""
_COMMITTED = """
    SELECT device_id, min(fix_time) FROM telemetry_position
    WHERE organisation_id = %s AND received_at >= %s AND received_at <= %s AND received_at = ANY(%s)
    GROUP BY device_id"""


@dataclass(frozen=True, slots=True)
class Live:
    """A live rule with its settings read."""

    rule: Rule
    params: Params


def live_rules(*, scheduled: bool = False) -> list[Live]:
    """The rules that work, of those that look at positions (or at the clock)."""
    rules = Rule.objects.filter(state=State.LIVE).order_by("pk")
    read = [Live(rule, settings.read(rule.kind, rule.params)) for rule in rules]
    return [one for one in read if KINDS[one.rule.kind].scheduled == scheduled]


def look(organisation: int) -> int:
    """One round for an organisation. Returns how many devices were looked at.

    Its row of progress is locked, so that two workers do not do the same at once.
    """
    now = clock.now()
    Progress.objects.get_or_create(organisation_id=organisation, defaults={"looked_to": now - timedelta(hours=1)})
    progress = Progress.objects.select_for_update().get(organisation_id=organisation)
    rules = live_rules()
    since, seen = _since(organisation, progress, now)
    places = Places(number for one in rules for number in one.params.places)
    for thing in things(sorted(since)) if since and rules else []:
        _careful(organisation, thing, rules, since[thing.device], places)
    Progress.objects.filter(organisation_id=organisation).update(looked_to=now, seen=seen)
    return len(since) if rules else 0


def _since(organisation: int, progress: Progress, now: datetime) -> tuple[dict[int, datetime], str]:
    """From which fix on each device must be looked at, and the snapshot that this look saw.

    By the order of commits: what was received long ago and committed just now is as new as anything else.
    """
    with connection.cursor() as cursor:
        found = news.since(cursor, progress.seen if now - progress.looked_to < news.KEPT else "")
        if found.received is None:
            cursor.execute(_RECEIVED, [organisation, progress.looked_to - SETTLED, now])
        elif found.received:
            received = found.received
            cursor.execute(_COMMITTED, [organisation, received[0], received[-1], received])
        fresh = cursor.fetchall() if found.received is None or found.received else []
    first = {device: max(fix, now - FURTHEST) for device, fix in fresh}
    due = Waiting.objects.filter(due_at__lte=now).values_list("device", flat=True)
    return {**dict.fromkeys(due, now), **first}, found.seen


def _careful(organisation: int, thing: Thing, rules: Sequence[Live], since: datetime, places: Places) -> None:
    """One device's trouble, such as a key that is restricted, is not the others'."""
    try:
        with transaction.atomic():
            look_at(organisation, thing, rules, since, places)
    except AllconnectsError as error:
        log.info("alerts.not_looked_at", reason=error.code)
        Waiting.objects.filter(device=thing.device).delete()


def look_at(organisation: int, thing: Thing, rules: Sequence[Live], since: datetime, places: Places) -> None:
    """Work out the stretch of one device around news from ``since`` on, and store what was found."""
    watched = [one for one in rules if watches(one.rule.scope, thing)]
    if not watched:
        Waiting.objects.filter(device=thing.device).delete()
        return
    now = clock.now()
    begin = _begin(thing, watched, since, now)
    names = frozenset[str]().union(*(needs(one.params) for one in watched))
    context = timedelta(milliseconds=max(context_ms(one.params) for one in watched))
    for wider in WIDER:
        begin = max(begin - wider, now - FURTHEST)
        columns = source.columns(organisation, thing.device, begin - context, now + timedelta(seconds=1), names)
        found = _found(watched, columns, places, now)
        if begin <= now - FURTHEST or not any(_cut(events) for events in found):
            break
    for one, events in zip(watched, found, strict=True):
        # What ended before is context: it was judged when it was news.
        recent = [row for row in record.of_events(events, columns) if row.end is None or row.end >= begin]
        record.record(one.rule, thing, recent, begin)
    _wait(organisation, thing, watched, columns, places, now)


def _cut(events: finding.Events) -> bool:
    """Whether the stretch may have begun before what was read."""
    return bool(len(events) and not events.known.all())


def _begin(thing: Thing, watched: Sequence[Live], since: datetime, now: datetime) -> datetime:
    """Early enough to judge the news, and to see whole every stored event that they may touch."""
    begin = min(since, now) - timedelta(milliseconds=max(lookback_ms(one.params) for one in watched))
    stored = Alert.objects.filter(
        Q(end_at=None) | Q(end_at__gte=begin), device=thing.device, rule__in=[one.rule.pk for one in watched]
    )
    first = stored.order_by("start_at").values_list("start_at", flat=True).first()
    if first is not None:
        begin = min(begin, first - timedelta(minutes=1))
    return max(begin, now - FURTHEST)


def _found(watched: Sequence[Live], columns: Columns, places: Places, now: datetime) -> list[finding.Events]:
    inside, now_ms = places.inside_of(columns), round(now.timestamp() * 1000)
    return [finding.events(one.params, columns, inside, now_ms) for one in watched]


def _wait(
    organisation: int, thing: Thing, watched: Sequence[Live], columns: Columns, places: Places, now: datetime
) -> None:
    inside, now_ms = places.inside_of(columns), round(now.timestamp() * 1000)
    due = min(finding.due_ms(one.params, columns, inside, now_ms) for one in watched)
    if due == NEVER:
        Waiting.objects.filter(device=thing.device).delete()
    else:
        Waiting.objects.update_or_create(
            organisation_id=organisation, device=thing.device, defaults={"due_at": record.moment(due)}
        )
