"""Rules that the clock brings: silent devices, documents that expire, maintenance, missing checks.

Other rooms give what is due by ``register``: a function that, for a rule's settings, names what is due since when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection

from allconnects.alerts import params as settings
from allconnects.alerts.models import Alert, Handling, Rule, What
from allconnects.alerts.params import Params
from allconnects.alerts.services import record
from allconnects.alerts.services.scope import Thing, things, watches
from allconnects.alerts.services.watch import live_rules
from allconnects.fleet.models import Document
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS


@dataclass(frozen=True, slots=True)
class Due:
    """Something is due since ``since``. ``subject`` tells it from others of its rule, ``name`` is what people read."""

    subject: str
    name: str
    since: datetime
    device: int = 0


Source = Callable[[Rule, Params], list[Due]]
_sources: dict[str, Source] = {}


def register(kind: str, source: Source) -> None:
    """Say where what is due of a kind (``check``, ``maintenance``) comes from. One room each."""
    if kind not in settings.KINDS or not settings.KINDS[kind].scheduled or _sources.get(kind, source) is not source:
        raise ValueError(f"not a kind of what the clock brings, or somebody's already: {kind}")
    _sources[kind] = source


def sources() -> frozenset[str]:
    """The kinds that somebody gives."""
    return frozenset(_sources)


def look(organisation: int) -> None:
    """One round: what is due and not stored is raised, what is stored and not due any more has ended."""
    for one in live_rules(scheduled=True):
        assert one.rule.organisation_id == organisation
        source = _sources.get(one.rule.kind)
        if source is not None:
            _settle(one.rule, source(one.rule, one.params))


def _settle(rule: Rule, due: list[Due]) -> None:
    now = clock.now()
    by_subject = {one.subject: one for one in due}
    for subject in _going_on(rule) - set(by_subject):
        for alert in Alert.objects.select_for_update().filter(rule=rule, subject=subject, end_at=None):
            alert.end_at = alert.changed_at = now
            alert.save(update_fields=["end_at", "changed_at"])
            record.step(alert, What.ENDED)
    for subject, one in by_subject.items():
        thing = Thing(one.device, "", subject, one.name, None, None, frozenset())
        found = record.Found(one.since, None, one.since)
        record.record(rule, thing, [found], since=one.since)


def _going_on(rule: Rule) -> set[str]:
    rows = Alert.objects.filter(rule=rule, end_at=None).exclude(handling=Handling.WITHDRAWN)
    return set(rows.values_list("subject", flat=True))


_SILENT = "SELECT device_id, report_at FROM telemetry_live WHERE report_at < %s"


def _silent(rule: Rule, params: Params) -> list[Due]:
    """Devices that once reported and then did not for so many hours."""
    hours = timedelta(hours=params.number)
    with connection.cursor() as cursor:
        cursor.execute(_SILENT, [clock.now() - hours])
        last = dict(cursor.fetchall())
    return [
        Due(thing.subject, thing.name, last[thing.device] + hours, thing.device)
        for thing in (things(sorted(last)) if last else [])
        if watches(rule.scope, thing)
    ]


def _documents(rule: Rule, params: Params) -> list[Due]:
    """Documents whose last day is near or past. Of people only when the rule names nothing else."""
    ahead = timedelta(days=params.number)
    today = clock.today()
    rows = Document.objects.select_related("vehicle", "material").filter(
        valid_until__lte=today + ahead, archived_at=None
    )
    return [
        Due(f"document:{row.pk}", _document_name(row), _midnight(row.valid_until - ahead))
        for row in rows
        if row.valid_until is not None and _concerns(rule, row)
    ]


def _document_name(row: Document) -> str:
    """A person's document is named by its kind alone: who it is stands where only those look who may."""
    of = row.vehicle or row.material
    kind = row.get_kind_display()
    return (f"{of.name}: {kind}" if of else str(kind))[:120]


def _concerns(rule: Rule, row: Document) -> bool:
    kind = "vehicle" if row.vehicle_id else "material" if row.material_id else "person"
    of = row.vehicle or row.material
    if kind == "person":
        return not rule.scope
    assert of is not None
    groups = frozenset(of.groups)
    thing = Thing(0, kind, f"{kind}:{of.pk}", of.name, row.vehicle_id, row.material_id, groups)
    return watches(rule.scope, thing)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BRUSSELS).astimezone(UTC)


register("silent", _silent)
register("document", _documents)
