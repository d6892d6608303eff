"""REST operations of plans, of what is due and done, of expected checks, and of hours used."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from allconnects.accounts.access import ApiAuth
from allconnects.fleet.schemas import Problem
from allconnects.fleet.who import Who, who
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.maintenance.models import Done, Due, Plan
from allconnects.maintenance.services import due, plans, things, usage

router = Router(tags=["maintenance"])
READ, ENTER, WRITE = "maintenance:read", "maintenance:enter", "maintenance:write"
ERRORS: dict[int, Any] = {401: Problem, 403: Problem}
INVALID = {**ERRORS, 422: Problem}
CHANGES = {**INVALID, 404: Problem, 409: Problem}
Id = int
State = Literal["unknown", "ok", "soon", "overdue"]
Kind = Literal["vehicle", "material"]


class PlanIn(Schema):
    """A service (``every_*``) or a check (``period``), for exactly one of vehicle, material, class and category.

    ``weekdays``: 0 is Monday; ``by_minute``: minutes after midnight in Brussels.
    """

    kind: Literal["service", "check"] = "service"
    name: str = Field(min_length=1, max_length=100)
    vehicle: int | None = Field(default=None, ge=1, lt=2**31)
    material: int | None = Field(default=None, ge=1, lt=2**31)
    vehicle_class: str = Field(default="", max_length=20)
    category: str = Field(default="", max_length=20)
    every_km: int | None = None
    every_hours: int | None = None
    every_months: int | None = None
    soon_km: int = 1000
    soon_hours: int = 20
    soon_days: int = 14
    period: Literal["", "day", "week"] = ""
    weekdays: list[int] = [0, 1, 2, 3, 4]
    by_minute: int = 480
    only_used: bool = False
    note: str = Field(default="", max_length=500)


class PlanChange(Schema):
    """What to change; what is left out stays. ``version``: refused when the plan was changed since."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    every_km: int | None = None
    every_hours: int | None = None
    every_months: int | None = None
    soon_km: int | None = None
    soon_hours: int | None = None
    soon_days: int | None = None
    period: Literal["day", "week"] | None = None
    weekdays: list[int] | None = None
    by_minute: int | None = None
    only_used: bool | None = None
    note: str | None = Field(default=None, max_length=500)
    version: int | None = None


class PlanOut(PlanIn):
    """A plan as it is stored."""

    id: int
    version: int


class DueOut(Schema):
    """How far a vehicle or material is on its way to a service. Numbers since the last one; null where unknown."""

    plan: int
    plan_name: str
    vehicle: int | None
    material: int | None
    name: str
    state: State
    last_at: datetime | None
    used_km: float | None
    used_hours: float | None
    next_on: date | None


class DoneIn(Schema):
    """What was done, now by default. A reading sets the register's right.

    Not ``passed``: say in ``note`` what is wrong.
    """

    plan: int = Field(ge=1, lt=2**31)
    vehicle: int | None = Field(default=None, ge=1, lt=2**31)
    material: int | None = Field(default=None, ge=1, lt=2**31)
    at: AwareDatetime | None = None
    odometer_km: Decimal | None = Field(default=None, ge=0, le=9_999_999)
    hours: Decimal | None = Field(default=None, ge=0, le=999_999)
    passed: bool = True
    note: str = Field(default="", max_length=500)


class DoneOut(Schema):
    """Something that was done."""

    id: int
    plan: int
    plan_name: str
    vehicle: int | None
    material: int | None
    at: datetime
    odometer_km: float | None
    hours: float | None
    passed: bool
    note: str


class CheckOut(Schema):
    """A check of the present day or week. ``wrong``: the last one of its plan found something wrong."""

    plan: int
    plan_name: str
    vehicle: int | None
    material: int | None
    name: str
    by: datetime | None
    done_at: datetime | None
    wrong: str


class UsageOut(Schema):
    """Hours that a material ran on a Brussels day, and what told so."""

    day: date
    hours: float
    source: str


class Days(Schema):
    """From one day to another, both included; the last 30 days by default, 366 at most."""

    since: date | None = None
    until: date | None = None


def _me(request: HttpRequest) -> Who:
    return who(request)  # type: ignore[arg-type]


def _plan(one: Plan) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in PlanOut.model_fields if name not in ("vehicle", "material")}
    return {**plain, "vehicle": one.vehicle_id, "material": one.material_id}


@router.get("/maintenance/plans", response={200: list[PlanOut], **ERRORS}, auth=ApiAuth(READ), url_name="plans")
def list_plans(request: HttpRequest) -> Any:
    """All plans, by name."""
    return [_plan(one) for one in plans.plans()]


@router.post("/maintenance/plans", response={201: PlanOut, **CHANGES}, auth=ApiAuth(WRITE), url_name="plans")
def add_plan(request: HttpRequest, body: PlanIn) -> Any:
    """A new plan. With an Idempotency-Key it is made once."""
    return 201, _plan(plans.add(_me(request), body.dict()))


@router.patch("/maintenance/plans/{int:plan}", response={200: PlanOut, **CHANGES}, auth=ApiAuth(WRITE), url_name="plan")
def change_plan(request: HttpRequest, plan: Id, body: PlanChange) -> Any:
    """Change a plan; null takes an interval away."""
    given = body.dict(exclude_unset=True)
    version = given.pop("version", None)
    nullable = ("every_km", "every_hours", "every_months")
    given = {name: value for name, value in given.items() if value is not None or name in nullable}
    return _plan(plans.change(_me(request), plan, given, version))


@router.delete("/maintenance/plans/{int:plan}", response={204: None, **CHANGES}, auth=ApiAuth(WRITE), url_name="plan")
def put_plan_away(request: HttpRequest, plan: Id) -> Any:
    """A plan that counts no more; what was done stays."""
    plans.put_away(_me(request), plan)
    return 204, None


@router.get("/maintenance/due", response={200: list[DueOut], **INVALID}, auth=ApiAuth(READ), url_name="due")
def list_due(request: HttpRequest, state: State | None = None) -> Any:
    """What is overdue, due soon or not known, the most urgent first; with ``state`` those, 500 at most."""
    rows = due.near() if state is None else list(
        Due.objects.filter(state=state).select_related("plan", "vehicle", "material").order_by("next_on", "pk")[:500]
    )  # fmt: skip
    return [_due(one) for one in rows]


def _due(one: Due) -> dict[str, Any]:
    of: Any = one.vehicle or one.material
    return {
        "plan": one.plan_id, "plan_name": one.plan.name, "vehicle": one.vehicle_id, "material": one.material_id,
        "name": of.name, "state": one.state, "last_at": one.last_at, "next_on": one.next_on,
        "used_km": None if one.used_m is None else one.used_m / 1000, "used_hours": one.used_hours,
    }  # fmt: skip


def _thing(vehicle: int | None, material: int | None) -> things.Thing:
    """The one of both that is named. Raises InvalidInput, NotFound."""
    if (vehicle is None) == (material is None):
        raise InvalidInput(_("Name one: a vehicle or a material."))
    return things.of("vehicle", vehicle) if vehicle is not None else things.of("material", material or 0)


@router.get("/maintenance/done", response={200: list[DoneOut], **CHANGES}, auth=ApiAuth(READ), url_name="done")
def list_done(request: HttpRequest, vehicle: int | None = None, material: int | None = None) -> Any:
    """What was done to a vehicle or material, newest first, 100 at most."""
    return [_done(one) for one in plans.history(_thing(vehicle, material))]


def _done(one: Done) -> dict[str, Any]:
    return {
        "id": one.pk, "plan": one.plan_id, "plan_name": one.plan.name, "vehicle": one.vehicle_id,
        "material": one.material_id, "at": one.at, "passed": one.passed, "note": one.note,
        "odometer_km": None if one.odometer_m is None else one.odometer_m / 1000,
        "hours": None if one.hours is None else float(one.hours),
    }  # fmt: skip


@router.post("/maintenance/done", response={201: DoneOut, **CHANGES}, auth=ApiAuth(ENTER), url_name="done")
def enter_done(request: HttpRequest, body: DoneIn) -> Any:
    """Enter a service or check that was done. With an Idempotency-Key it is entered once."""

    thing = _thing(body.vehicle, body.material)
    made = plans.enter(_me(request), body.plan, thing, body.at, body.odometer_km, body.hours, body.passed, body.note)
    return 201, DoneOut(**_done(made)).dict()


@router.delete(
    "/maintenance/done/{int:done}", response={204: None, **CHANGES}, auth=ApiAuth(WRITE), url_name="undo_done"
)
def withdraw_done(request: HttpRequest, done: Id) -> Any:
    """It was entered by mistake."""
    if done >= 2**63:
        raise InvalidInput(_("There is no such entry."))
    plans.withdraw(_me(request), done)
    return 204, None


@router.get("/maintenance/checks", response={200: list[CheckOut], **ERRORS}, auth=ApiAuth(READ), url_name="checks")
def list_checks(request: HttpRequest) -> Any:
    """The checks that are expected in the present day or week."""
    return [
        {
            "plan": one.plan.pk, "plan_name": one.plan.name, "name": one.thing.name,
            "vehicle": one.thing.where["vehicle_id"], "material": one.thing.where["material_id"],
            "by": one.deadline if one.deadline.year < 9999 else None,
            "done_at": one.done.at if one.done else None, "wrong": one.wrong.note if one.wrong else "",
        }
        for one in due.expected(_me(request).organisation.pk)
    ]  # fmt: skip


@router.get(
    "/materials/{int:key}/usage", response={200: list[UsageOut], **CHANGES}, auth=ApiAuth(READ), url_name="usage"
)
def material_usage(request: HttpRequest, key: Id, days: Query[Days]) -> Any:
    """Hours that a material ran, by its own tracker; days on which nothing told are left out."""
    thing = things.of("material", key if key < 2**31 else 0)
    until = days.until or clock.today()
    since = days.since or until - timedelta(days=29)
    if not timedelta(0) <= until - since <= timedelta(days=365):
        raise InvalidInput(_("Choose at most 366 days."))
    found = usage.days_of(thing.id, since, until)
    return [{"day": one.day, "hours": round(one.seconds / 3600, 2), "source": one.source} for one in found]
