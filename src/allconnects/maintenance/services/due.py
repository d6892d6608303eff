"""What is due: services by km, hours and dates; checks that were expected and not done. Alerts ask here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction

from allconnects.alerts.models import Rule
from allconnects.alerts.params import Params
from allconnects.alerts.services import scheduled, scope
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from allconnects.maintenance import rules
from allconnects.maintenance.models import Done, Due, DueState, Period, Plan, PlanKind
from allconnects.maintenance.services import readings, things
from allconnects.maintenance.services.things import Thing

Pair = tuple[int, str]
"""A plan and the subject of a thing."""


def register_with_alerts() -> None:
    """Alerts learn where maintenance and checks that are due come from."""
    scheduled.register("maintenance", _maintenance)
    scheduled.register("check", _checks)


@dataclass(frozen=True, slots=True)
class _Used:
    """Since the last service: when that was, metres and hours, None where unknown."""

    last: datetime | None
    metres: float | None
    hours: float | None


def refresh(organisation: int, plans: Sequence[int] | None = None) -> int:
    """Work out how near services are, of all plans or these. Returns how many rows changed.

    A fixed number of queries, however many vehicles. Two at once wait for each other.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"maintenance {organisation}"])
        stored = Due.objects.all() if plans is None else Due.objects.filter(plan_id__in=plans)
        known = {(one.plan_id, _subject(one)): one for one in stored}
        found = Plan.objects.filter(archived_at=None, kind=PlanKind.SERVICE)
        wanted = list(found if plans is None else found.filter(pk__in=plans))
        drafts = _drafts(organisation, wanted)
        gone = [one.pk for pair, one in known.items() if pair not in drafts]
        new = [_row(organisation, draft) for pair, draft in drafts.items() if pair not in known]
        changed = [one for pair, one in known.items() if pair in drafts and _follow(one, drafts[pair])]
        Due.objects.filter(pk__in=gone).delete()
        Due.objects.bulk_create(new, batch_size=2000)
        names = ["last_at", "used_m", "used_hours", "next_on", "state", "since", "computed_at"]
        Due.objects.bulk_update(changed, names, batch_size=1000)
    return len(gone) + len(new) + len(changed)


def _subject(row: Due | Done) -> str:
    return f"vehicle:{row.vehicle_id}" if row.vehicle_id else f"material:{row.material_id}"


def _drafts(organisation: int, plans: Sequence[Plan]) -> dict[Pair, tuple[Plan, Thing, _Used, rules.Verdict]]:
    pairs = [(plan, thing) for thing in (things.every() if plans else []) for plan in plans
             if things.concerns(plan, thing)]  # fmt: skip
    used = _used(organisation, pairs)
    today = clock.today()
    result = {}
    for plan, thing in pairs:
        one = used[plan.pk, thing.subject]
        interval = rules.Interval(
            plan.every_km, plan.every_hours, plan.every_months, plan.soon_km, plan.soon_hours, plan.soon_days
        )
        last = None if one.last is None else clock.day_of(one.last)
        km = None if one.metres is None else one.metres / 1000
        result[plan.pk, thing.subject] = (plan, thing, one, rules.verdict(interval, last, km, one.hours, today))
    return result


def _used(organisation: int, pairs: Sequence[tuple[Plan, Thing]]) -> dict[Pair, _Used]:
    last = _last_done([plan.pk for plan, _thing in pairs])
    odometers, meters = readings.odometers(organisation), readings.meters(organisation)
    by_moment = _since_each(organisation, pairs, last)
    result = {}
    for plan, thing in pairs:
        pair = (plan.pk, thing.subject)
        done = last.get(pair)
        if done is None:
            result[pair] = _Used(None, None, None)
            continue
        metres, hours = by_moment[pair]
        if thing.kind == "vehicle" and done.odometer_m is not None and thing.id in odometers:
            metres = max(0.0, odometers[thing.id] - done.odometer_m)
        if thing.kind == "material" and done.hours is not None and thing.id in meters:
            hours = max(0.0, meters[thing.id] - float(done.hours))
        result[pair] = _Used(done.at, metres, hours)
    return result


def _last_done(plans: Sequence[int]) -> dict[Pair, Done]:
    """The last one of each plan and thing that found everything in order."""
    rows = Done.objects.filter(plan_id__in=set(plans), withdrawn_at=None, passed=True)
    rows = rows.order_by("plan_id", "vehicle_id", "material_id", "-at", "-id")
    return {(one.plan_id, _subject(one)): one for one in rows.distinct("plan_id", "vehicle_id", "material_id")}


def _since_each(
    organisation: int, pairs: Sequence[tuple[Plan, Thing]], last: dict[Pair, Done]
) -> dict[Pair, tuple[float | None, float | None]]:
    """Metres and hours by trips and usage since each last service: one query a plan and kind."""
    result: dict[Pair, tuple[float | None, float | None]] = {}
    by_plan: dict[tuple[int, str], dict[int, datetime]] = defaultdict(dict)
    for plan, thing in pairs:
        if (done := last.get((plan.pk, thing.subject))) is not None:
            by_plan[plan.pk, thing.kind][thing.id] = done.at
    for (plan_id, kind), since in by_plan.items():
        if kind == "vehicle":
            for key, one in readings.driven(organisation, since).items():
                result[plan_id, f"vehicle:{key}"] = (one.metres, one.hours)
        else:
            for key, hours in readings.ran(organisation, since).items():
                result[plan_id, f"material:{key}"] = (None, hours)
    return result


def _row(organisation: int, draft: tuple[Plan, Thing, _Used, rules.Verdict]) -> Due:
    plan, thing, _one, _found = draft
    row = Due(organisation_id=organisation, plan=plan, **thing.where)
    _follow(row, draft)
    return row


def _follow(row: Due, draft: tuple[Plan, Thing, _Used, rules.Verdict]) -> bool:
    """Make a row say what was found. Returns whether it said something else before."""
    _plan, _thing, used, found = draft
    before = (row.last_at, row.used_m, row.used_hours, row.next_on, row.state)
    near = found.state in (DueState.SOON, DueState.OVERDUE)
    same_round = row.last_at == used.last and row.since is not None
    row.since = None if not near else row.since if same_round else clock.now()
    row.last_at, row.next_on, row.state = used.last, found.next_on, found.state
    row.used_m = None if used.metres is None else round(used.metres)
    row.used_hours = None if used.hours is None else round(used.hours, 1)
    row.computed_at = clock.now()
    return before != (row.last_at, row.used_m, row.used_hours, row.next_on, row.state)


def of_thing(thing: Thing) -> dict[int, Due]:
    """How near the services of a thing are, by plan."""
    return {one.plan_id: one for one in Due.objects.filter(**thing.where)}


def near(limit: int = 500) -> list[Due]:
    """Everything that is overdue, due soon or not known, the most urgent first."""
    rows = Due.objects.exclude(state=DueState.OK).select_related("plan", "vehicle", "material")
    order = {DueState.OVERDUE: 0, DueState.SOON: 1, DueState.UNKNOWN: 2}
    return sorted(rows[:5000], key=lambda one: (order[DueState(one.state)], one.next_on or date.max))[:limit]


def _maintenance(rule: Rule, _params: Params) -> list[scheduled.Due]:
    """Services whose plan says that they are due soon or overdue."""
    rows = Due.objects.filter(state__in=[DueState.SOON, DueState.OVERDUE]).select_related("plan", "vehicle", "material")
    watched = _Watched(rule)
    result = []
    for row in rows:
        of: Any = row.vehicle or row.material
        name = f"{of.name}: {row.plan.name}"[:120]
        subject = f"service:{row.plan_id}:{_subject(row)}"
        kind = "vehicle" if row.vehicle_id else "material"
        if watched(kind, of.pk, of.name, of.groups):
            result.append(scheduled.Due(subject, name, row.since or row.computed_at))
    return result


class _Watched:
    """Whether a rule watches a vehicle or material, also by the device that sits in it."""

    def __init__(self, rule: Rule) -> None:
        self._scope = rule.scope
        self._devices: dict[str, int] = {}
        if rule.scope.get("devices"):
            self._devices = {one.subject: one.device for one in scope.things()}

    def __call__(self, kind: str, key: int, name: str, groups: Sequence[str]) -> bool:
        subject = f"{kind}:{key}"
        vehicle, material = (key, None) if kind == "vehicle" else (None, key)
        device = self._devices.get(subject, 0)
        return scope.watches(
            self._scope, scope.Thing(device, kind, subject, name, vehicle, material, frozenset(groups))
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """A check that is expected in the present period: until when, and whether it was done."""

    plan: Plan
    thing: Thing
    start: datetime
    deadline: datetime
    done: Done | None
    wrong: Done | None


def expected(organisation: int, chosen: Sequence[Thing] | None = None) -> list[Expected]:
    """The checks of the present day or week, of everything or these things, with what was done about them.

    ``wrong``: the last check of that plan, when it found something wrong.
    """
    plans = list(Plan.objects.filter(archived_at=None, kind=PlanKind.CHECK))
    if not plans:
        return []
    now = clock.now()
    today = clock.day_of(now)
    last = _last_checks([plan.pk for plan in plans])
    result = []
    everything = things.every() if chosen is None else chosen
    for plan in plans:
        weekly = plan.period == Period.WEEK
        by = rules.deadline_day(today, weekly, plan.weekdays)
        start = _instant(rules.first_day(today, weekly), 0)
        used = _used_since(organisation, start) if plan.only_used else None
        for thing in everything:
            if not things.concerns(plan, thing):
                continue
            done = last.get((plan.pk, thing.subject))
            wrong = done if done is not None and not done.passed else None
            skipped = used is not None and thing.kind == "vehicle" and thing.id not in used
            if (by is not None and not skipped) or wrong is not None:
                this = done if done is not None and done.at >= start else None
                deadline = datetime.max.replace(tzinfo=UTC) if by is None or skipped else _instant(by, plan.by_minute)
                result.append(Expected(plan, thing, start, deadline, this, wrong))
    return result


def _last_checks(plans: Sequence[int]) -> dict[Pair, Done]:
    rows = Done.objects.filter(plan_id__in=plans, withdrawn_at=None)
    rows = rows.order_by("plan_id", "vehicle_id", "material_id", "-at", "-id")
    return {(one.plan_id, _subject(one)): one for one in rows.distinct("plan_id", "vehicle_id", "material_id")}


def _used_since(organisation: int, start: datetime) -> set[int]:
    """Vehicles that were driven since a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT vehicle FROM trips_trip WHERE organisation_id = %s AND shown AND vehicle IS NOT NULL "
            "AND start_at >= %s", [organisation, start],
        )  # fmt: skip
        return {row[0] for row in cursor.fetchall()}


def _instant(day: date, minute: int) -> datetime:
    """A local time of day in Brussels; of two in an autumn night the first."""
    return datetime.combine(day, time(minute // 60, minute % 60), BRUSSELS).astimezone(UTC)


def _checks(rule: Rule, params: Params) -> list[scheduled.Due]:
    """Checks whose time is over and that nobody did, and those that found something wrong until one finds it right."""
    now, grace = clock.now(), timedelta(hours=params.number)
    watched = _Watched(rule)
    result = []
    for one in expected(rule.organisation_id):
        thing = one.thing
        if not watched(thing.kind, thing.id, thing.name, thing.groups):
            continue
        key = f"{one.plan.pk}:{thing.subject}"
        name = f"{thing.name}: {one.plan.name}"[:120]
        if one.wrong is not None:
            result.append(scheduled.Due(f"wrong:{key}", name, one.wrong.at))
        elif one.done is None and one.deadline < datetime.max.replace(tzinfo=UTC) and now >= one.deadline + grace:
            result.append(scheduled.Due(f"check:{key}", name, one.deadline + grace))
    return result
