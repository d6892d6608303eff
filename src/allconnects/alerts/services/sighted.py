"""Events as whoever asks may see them, and the note that he did.

An event is about what had the device then. Of people whom others do not see so far back it is not shown. Its place is
shown in cells where the person is; an event of a rule that names a place, such as "enters the depot", says where to the
metre by itself and is then not shown or told at all. The same where a private trip of somebody else led.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from allconnects.accounts.actor import Actor, current
from allconnects.alerts.models import Alert, Rule
from allconnects.alerts.params import KINDS
from allconnects.kit import clock
from allconnects.privacy.access import service as access
from allconnects.telemetry.live.snapshot import ms
from allconnects.telemetry.store.reader import PURPOSE
from allconnects.telemetry.store.sight import Sight, sights
from allconnects.trips.private import masked_ends, people_of, spans

RECIPIENTS = Actor("process:alerts", "recipient")
"""Whoever gets mails, push messages and webhooks of rules."""
_HIDDEN = """(
    EXISTS (
        SELECT FROM telemetry_occupancy o
        JOIN telemetry_sight s ON s.organisation_id = o.organisation_id AND s.person = o.person
        WHERE o.organisation_id = "alerts_alert".organisation_id AND o.device_id = "alerts_alert".device
          AND o.during && tstzrange("alerts_alert".start_at, "alerts_alert".end_at, '[]')
          AND s.account IS DISTINCT FROM %s
          AND ("alerts_alert".start_at < ((%s::date - (s.days - 1))::timestamp AT TIME ZONE 'Europe/Brussels')
               OR s.grid_e7 > 0 AND "alerts_alert".rule_id = ANY(%s)))
    OR "alerts_alert".rule_id = ANY(%s) AND EXISTS (
        SELECT FROM trips_trip t
        WHERE t.organisation_id = "alerts_alert".organisation_id AND t.device_id = "alerts_alert".device
          AND t.shown AND t.purpose = 'private' AND t.start_at <= "alerts_alert".start_at
          AND t.end_at >= "alerts_alert".start_at AND t.start_at > "alerts_alert".start_at - interval '15 days'
          AND NOT coalesce(t.person = ANY(%s::uuid[]), false)))"""
_WHO = """
    SELECT a.id, o.person::text FROM unnest(%s::bigint[], %s::integer[], %s::timestamptz[], %s::timestamptz[])
        AS a(id, device, first, last)
    JOIN telemetry_occupancy o ON o.organisation_id = %s AND o.device_id = a.device
        AND o.during && tstzrange(a.first, a.last, '[]')"""


def placing() -> list[int]:
    """Rules of which an event tells a place, whether or not it has coordinates."""
    rows = Rule.objects.values_list("pk", "kind", "params")
    return [rule for rule, kind, params in rows if names_place(kind, params)]


def names_place(kind: str, params: dict[str, Any]) -> bool:
    """Whether an event of such a rule says that somebody was at a place."""
    return KINDS[kind].placed or params.get("where", "any") == "at"


def visible(found: QuerySet[Alert]) -> QuerySet[Alert]:
    """Only events that who acts may see; a process sees all."""
    if current().is_process:
        return found
    viewer, told = current().account, placing()
    params = (viewer, clock.today(), told, told, people_of(viewer))
    return found.annotate(unseen=RawSQL(_HIDDEN, params, output_field=BooleanField())).filter(unseen=False)  # noqa: S611


def seen(found: Sequence[Alert], *, beside: bool = False) -> list[Alert]:
    """Visible events with as much of their places as who acts may see; written down. They are not to be saved.

    ``beside``: on a screen that is looked at again and again, where many stand beside each other.
    """
    if current().is_process or not found:
        return list(found)
    organisation = found[0].organisation_id
    people = _people(organisation, found)
    _hide_places(organisation, found, people)
    everybody = {person for several in people.values() for person in several}
    days = {clock.day_of(one.start_at) for one in found if one.pk in people}
    if everybody:
        _note(organisation, everybody, days, len(people), beside=beside)
    return list(found)


def _people(organisation: int, found: Iterable[Alert]) -> dict[int, set[str]]:
    """Who had the device while an event went on, by its id."""
    rows = [one for one in found if one.device]
    columns = zip(*((one.pk, one.device, one.start_at, one.end_at) for one in rows), strict=True)
    result: dict[int, set[str]] = defaultdict(set)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_WHO, [*(list(column) for column in columns), organisation])
            for alert, person in cursor.fetchall():
                result[alert].add(person)
    return result


def _hide_places(organisation: int, found: Sequence[Alert], people: dict[int, set[str]]) -> None:
    placed = [one for one in found if one.lat_e7 is not None and one.lon_e7 is not None]
    if not placed:
        return
    viewer = current().account
    with connection.cursor() as cursor:
        limits = sights(cursor, organisation)
    first, last = min(one.start_at for one in placed), max(one.start_at for one in placed)
    private = spans(organisation, sorted({one.device for one in placed}), first, last, viewer)
    home = masked_ends([(one.lat_e7 or 0) / 1e7 for one in placed], [(one.lon_e7 or 0) / 1e7 for one in placed], viewer)
    for one, at_home in zip(placed, home.tolist(), strict=True):
        moment = ms(one.start_at)
        if at_home or any(begin <= moment <= end for begin, end in private.get(one.device, ())):
            one.lat_e7 = one.lon_e7 = None
        elif grid := max((limits[who].grid_e7 for who in people.get(one.pk, ()) if who in limits), default=0):
            one.lat_e7, one.lon_e7 = _cell(one.lat_e7, grid), _cell(one.lon_e7, grid)


def _cell(value_e7: int | None, grid: int) -> int | None:
    place = Sight(grid).place(None if value_e7 is None else value_e7 / 1e7)
    return None if place is None else round(place * 1e7)


def _note(
    organisation: int, people: set[str], days: set[date], size: int, *, beside: bool = False, actor: Actor | None = None
) -> None:  # fmt: skip
    with connection.cursor() as cursor:
        if beside:
            access.note_beside(cursor, organisation, people, purpose=PURPOSE, scope="alerts", days=days, size=size)
            return
        access.note(
            cursor, organisation, people, purpose=PURPOSE, scope="alerts", first=min(days), last=max(days), size=size,
            actor=actor, goes_on=actor is not None,
        )  # fmt: skip


def may_be_told(alert: Alert) -> bool:
    """Whether those who get messages of a rule may hear of an event."""
    people = _people(alert.organisation_id, [alert]).get(alert.pk, set())
    if not people:
        return True
    if names_place(alert.rule.kind, alert.rule.params):
        with connection.cursor() as cursor:
            limits = sights(cursor, alert.organisation_id, outward=True)
        if any(limits[who].grid_e7 for who in people if who in limits):
            return False
    return True


def note_told(alert: Alert) -> None:
    """Write down that those who get messages of a rule hear of an event."""
    if people := _people(alert.organisation_id, [alert]).get(alert.pk):
        _note(alert.organisation_id, people, {clock.day_of(alert.start_at)}, 1, actor=RECIPIENTS)
