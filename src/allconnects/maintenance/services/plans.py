"""Plans: made, changed, put away; services and checks that were done, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from allconnects.fleet.kinds import VEHICLE
from allconnects.fleet.models import Material, Vehicle
from allconnects.fleet.models.things import Category, VehicleClass
from allconnects.fleet.services import register
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.maintenance.models import Done, Period, Plan, PlanKind
from allconnects.maintenance.services import things
from allconnects.maintenance.services.things import Thing

MOST = 500
AHEAD = timedelta(minutes=10)
"""A phone's clock may be a little ahead of ours."""
DEFAULTS: dict[str, Any] = {
    "kind": PlanKind.SERVICE, "name": "", "vehicle": None, "material": None, "vehicle_class": "", "category": "",
    "every_km": None, "every_hours": None, "every_months": None, "soon_km": 1000, "soon_hours": 20, "soon_days": 14,
    "period": "", "weekdays": [0, 1, 2, 3, 4], "by_minute": 480, "only_used": False, "note": "",
}  # fmt: skip


def plans() -> list[Plan]:
    """All plans that are not put away, by name."""
    found = Plan.objects.filter(archived_at=None).select_related("vehicle", "material")
    return list(found.order_by("name", "pk"))


def plans_of(thing: Thing) -> list[Plan]:
    """The plans that are for a thing, by name."""
    return [one for one in plans() if things.concerns(one, thing)]


def plan(number: int) -> Plan:
    """One plan. Raises NotFound."""
    found = Plan.objects.filter(pk=number, archived_at=None).select_related("vehicle", "material").first()
    if found is None:
        raise NotFound(_("There is no such plan."))
    return found


def add(who: Who, given: Mapping[str, Any]) -> Plan:
    """A new plan. Raises InvalidInput, NotFound (what it is for)."""
    if Plan.objects.filter(archived_at=None).count() >= MOST:
        raise InvalidInput(_("An organisation has at most %(most)s plans.") % {"most": MOST})
    made = Plan(organisation=who.organisation, **checked({**DEFAULTS, **given}))
    made.save(force_insert=True)
    _refresh(who, made)
    return made


def change(who: Who, number: int, given: Mapping[str, Any], version: int | None = None) -> Plan:
    """Change a plan; what is left out stays. Raises NotFound, InvalidInput (also: somebody else was quicker)."""
    found = Plan.objects.select_for_update().filter(pk=number, archived_at=None).first()
    if found is None:
        raise NotFound(_("There is no such plan."))
    if version is not None and version != found.version:
        raise InvalidInput(_("Somebody else has changed this meanwhile. Look at it again."))
    kept = {name: getattr(found, f"{name}_id" if name in ("vehicle", "material") else name) for name in DEFAULTS}
    for name, value in checked({**kept, **given}).items():
        setattr(found, name, value)
    found.version += 1
    found.save()
    _refresh(who, found)
    return found


def put_away(who: Who, number: int) -> Plan:
    """A plan that counts no more; what was done stays. Raises NotFound."""
    found = plan(number)
    found.archived_at = clock.now()
    found.save(update_fields=["archived_at"])
    _refresh(who, found)
    return found


def bring_back(who: Who, number: int) -> Plan:
    """Undo putting away. Raises NotFound."""
    if not Plan.objects.filter(pk=number).update(archived_at=None):
        raise NotFound(_("There is no such plan."))
    found = plan(number)
    _refresh(who, found)
    return found


def enter(
    who: Who, number: int, thing: Thing, at: datetime | None = None, odometer_km: Any = None, hours: Any = None,
    passed: bool = True, note: str = "",
) -> Done:  # fmt: skip
    """A service or check was done, now by default. A reading of the odometer or hours meter sets ours right.

    Raises NotFound, InvalidInput. The plan's row is locked: of two who press at once both entries stand, in order.
    """
    at = at or clock.now()
    if at > clock.now() + AHEAD:
        raise InvalidInput(_("This lies in the future."))
    if len(note.strip()) > 500:
        raise InvalidInput(_("A note has at most 500 characters."))
    km, meter = _reading(odometer_km, _("odometer"), 9_999_999), _reading(hours, _("hours meter"), 999_999)
    with transaction.atomic():
        found = Plan.objects.select_for_update(of=("self",)).filter(pk=number, archived_at=None).first()
        if found is None or not things.concerns(found, thing):
            raise NotFound(_("There is no such plan."))
        if not passed and not note.strip():
            raise InvalidInput(_("Say what is wrong."))
        made = Done.objects.create(
            organisation=who.organisation, plan=found, **thing.where, at=at, passed=passed, note=note.strip(),
            odometer_m=None if km is None or thing.kind != "vehicle" else int(km * 1000), hours=meter,
            made_by=who.account, made_at=clock.now(),
        )  # fmt: skip
        _set_right(who, thing, at, km, meter)
        _refresh(who, found)
    return made


def withdraw(who: Who, number: int) -> Done:
    """It was entered by mistake. Raises NotFound."""
    found = Done.objects.select_related("plan").filter(pk=number, withdrawn_at=None).first()
    if found is None:
        raise NotFound(_("There is no such entry."))
    found.withdrawn_at = clock.now()
    found.save(update_fields=["withdrawn_at"])
    _refresh(who, found.plan)
    return found


def history(thing: Thing, limit: int = 100) -> list[Done]:
    """What was done to a thing, newest first."""
    found = Done.objects.filter(withdrawn_at=None, **thing.where).select_related("plan", "made_by")
    return list(found.order_by("-at", "-id")[:limit])


def _set_right(who: Who, thing: Thing, at: datetime, km: Decimal | None, hours: Decimal | None) -> None:
    """A newer reading than the one in the register takes its place."""
    if thing.kind == "vehicle" and km is not None:
        row = Vehicle.objects.get(pk=thing.id)
        if row.odometer_at is not None and row.odometer_at < at and (row.odometer_m or 0) > km * 1000:
            raise InvalidInput(_("The odometer showed more before. Correct the vehicle first if that was wrong."))
        if row.odometer_at is None or row.odometer_at < at:
            register.change(who, VEHICLE, thing.id, {"odometer_km": km})
            Vehicle.objects.filter(pk=thing.id).update(odometer_at=at)
    if thing.kind == "material" and hours is not None:
        older = Material.objects.filter(pk=thing.id).exclude(hours_at__gte=at)
        older.update(hours=hours, hours_at=at)


def _refresh(who: Who, plan: Plan) -> None:
    from allconnects.maintenance.services import due

    due.refresh(who.organisation.pk, [plan.pk])


def _reading(value: Any, name: str, most: int) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        found = Decimal(str(value).strip().replace("\u202f", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        raise InvalidInput(_("The %(name)s must be a number.") % {"name": name}) from None
    if not found.is_finite() or not 0 <= found <= most:
        raise InvalidInput(
            _("The %(name)s must be a number from %(least)s to %(most)s.") % {"name": name, "least": 0, "most": most}
        )
    return found.quantize(Decimal("0.1"))


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's fields as they are stored. Raises InvalidInput with one clear sentence, NotFound."""
    if unknown := set(given) - set(DEFAULTS):
        raise InvalidInput(_("A plan has no setting “%(name)s”.") % {"name": min(unknown)[:40]})
    name, note = str(given["name"] or "").strip(), str(given["note"] or "").strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise InvalidInput(_("The name of the plan is missing or too long."))
    if len(note) > 500:
        raise InvalidInput(_("A note has at most 500 characters."))
    kind = _one(given["kind"], PlanKind.values)
    found = {
        "kind": kind,
        "name": name,
        "note": note,
        **_for_whom(given),
        **_rhythm(kind, given),
        "soon_km": _whole(given["soon_km"], 0, 100_000, _("margin in km")),
        "soon_hours": _whole(given["soon_hours"], 0, 10_000, _("margin in hours")),
        "soon_days": _whole(given["soon_days"], 0, 365, _("margin in days")),
    }
    if kind == PlanKind.SERVICE and not (found["every_km"] or found["every_hours"] or found["every_months"]):
        raise InvalidInput(_("Say after how many km, hours or months it comes back."))
    return found


def _for_whom(given: Mapping[str, Any]) -> dict[str, Any]:
    names = ("vehicle", "material", "vehicle_class", "category")
    chosen = [name for name in names if given[name] not in (None, "")]
    if len(chosen) != 1:
        raise InvalidInput(_("Choose one: a vehicle, a class of vehicles, a material or a category of materials."))
    result: dict[str, Any] = {"vehicle_id": None, "material_id": None, "vehicle_class": "", "category": ""}
    (name,) = chosen
    if name in ("vehicle", "material"):
        result[f"{name}_id"] = things.of(name, _whole(given[name], 1, 2**31 - 1, _("number")) or 0).id
    else:
        allowed = VehicleClass.values if name == "vehicle_class" else Category.values
        result[name] = _one(given[name], allowed)
    return result


def _rhythm(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if kind == PlanKind.SERVICE:
        return {
            "every_km": _whole(given["every_km"], 1, 1_000_000, _("number of km"), empty=True),
            "every_hours": _whole(given["every_hours"], 1, 100_000, _("number of hours"), empty=True),
            "every_months": _whole(given["every_months"], 1, 240, _("number of months"), empty=True),
            "period": "", "weekdays": [], "by_minute": 480, "only_used": False,
        }  # fmt: skip
    days = given["weekdays"]
    if not isinstance(days, (list, tuple)) or not days or not all(type(d) is int and 0 <= d <= 6 for d in days):
        raise InvalidInput(_("Choose at least one weekday."))
    return {
        "every_km": None, "every_hours": None, "every_months": None,
        "period": _one(given["period"] or Period.DAY, Period.values),
        "weekdays": sorted(set(days)), "by_minute": _whole(given["by_minute"], 0, 1439, _("time of day")),
        "only_used": bool(given["only_used"]),
    }  # fmt: skip


def _one(value: Any, allowed: Any) -> str:
    if value not in list(allowed):
        raise InvalidInput(_("“%(value)s” is not one of the choices.") % {"value": str(value)[:40]})
    return str(value)


def _whole(value: Any, least: int, most: int, name: str, *, empty: bool = False) -> int | None:
    if empty and value in (None, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInput(
            _("The %(name)s must be a number from %(least)s to %(most)s.")
            % {"name": name, "least": least, "most": most}
        )
    return value
