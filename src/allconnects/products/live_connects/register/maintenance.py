"""Pages of services and checks: what is due, plans, what was done, and the page that a QR code opens."""

from __future__ import annotations

import io
from datetime import time
from typing import Any

import qrcode
import qrcode.image.svg
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.fleet.models import Material
from allconnects.fleet.models.things import Category, VehicleClass
from allconnects.fleet.who import who
from allconnects.kit import config
from allconnects.kit.errors import InvalidInput
from allconnects.maintenance.models import MeterSource, Period, Plan, PlanKind
from allconnects.maintenance.services import due, plans, readings, things, usage
from allconnects.products.fleet_tracker.forms import TablerForm
from allconnects.products.live_connects.picking.fields import PickField
from allconnects.products.live_connects.picking.sources import MATERIAL, VEHICLE
from allconnects.products.live_connects.register.common import PATH_OF, attempt, sections
from allconnects.products.live_connects.register.use import moment


class PlanForm(TablerForm):
    """A plan, as people say it."""

    kind = forms.ChoiceField(label=gettext_lazy("What comes back"), choices=PlanKind.choices)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    target = forms.ChoiceField(label=gettext_lazy("For"))
    vehicle = PickField(VEHICLE, label=gettext_lazy("Vehicle"), required=False)
    material = PickField(MATERIAL, label=gettext_lazy("Material"), required=False)
    every_km = forms.IntegerField(label=gettext_lazy("Every … km"), required=False, min_value=1)
    every_hours = forms.IntegerField(label=gettext_lazy("Every … hours"), required=False, min_value=1)
    every_months = forms.IntegerField(label=gettext_lazy("Every … months"), required=False, min_value=1)
    soon_km = forms.IntegerField(label=gettext_lazy("Due soon: km before"), min_value=0)
    soon_hours = forms.IntegerField(label=gettext_lazy("Due soon: hours before"), min_value=0)
    soon_days = forms.IntegerField(label=gettext_lazy("Due soon: days before"), min_value=0)
    period = forms.ChoiceField(label=gettext_lazy("How often"), choices=Period.choices, required=False)
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On these days"), required=False, choices=[(str(n), name) for n, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=gettext_lazy("Once a week: by the last of them."),
    )  # fmt: skip
    by_minute = forms.TimeField(
        label=gettext_lazy("By"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), required=False
    )
    only_used = forms.BooleanField(
        label=gettext_lazy("Only when the vehicle was driven"), required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )  # fmt: skip
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        found: dict[str, Any] = dict(self.fields)
        found["target"].choices = _targets()
        self._dress()
        for name in ("weekdays", "only_used"):
            found[name].widget.attrs["class"] = "form-check-input"

    def clean(self) -> dict[str, Any]:
        """Who says “one vehicle” says which."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = data.get("target")
        if chosen in ONE and chosen in data and not data[chosen]:
            self.add_error(chosen, _("Choose which."))
        return data

    def given(self) -> dict[str, Any]:
        """What ``maintenance.services.plans`` wants."""
        data = dict(self.cleaned_data)
        one = {name: data.pop(name) for name in ONE}
        name, _colon, value = data.pop("target").partition(":")
        by = data.pop("by_minute") or time(8)
        chosen = int(one[name]) if name in ONE else value
        rest = {"vehicle": None, "material": None, "vehicle_class": "", "category": ""}
        days = [int(one) for one in data.pop("weekdays")]
        return {**data, **rest, name: chosen, "by_minute": by.hour * 60 + by.minute, "weekdays": days}


ONE = ("vehicle", "material")
"""What a plan can be for one of."""


def _targets() -> list[tuple[Any, Any]]:
    """What a plan may be for: one thing, or all of a kind, in groups."""
    return [
        ("vehicle", _("One vehicle")),
        ("material", _("One material")),
        (_("All of a class"), [(f"vehicle_class:{value}", label) for value, label in VehicleClass.choices]),
        (_("All of a category"), [(f"category:{value}", label) for value, label in Category.choices]),
    ]


def _initial(plan: Plan | None) -> dict[str, Any]:
    source: dict[str, Any] = dict(plans.DEFAULTS)
    if plan is not None:
        source = {name: getattr(plan, name) for name in plans.DEFAULTS}
    minute = source["by_minute"]
    days = [str(one) for one in source["weekdays"] or plans.DEFAULTS["weekdays"]]
    return {**source, "weekdays": days, "by_minute": time(minute // 60, minute % 60)}


def _target(plan: Plan | None) -> str:
    if plan is None:
        return ""
    pairs = {"vehicle": plan.vehicle_id, "material": plan.material_id, "vehicle_class": plan.vehicle_class,
             "category": plan.category}  # fmt: skip
    return next(f"{name}:{value}" for name, value in pairs.items() if value)


def _for(target: str) -> dict[str, str]:
    """The fields of what a plan is for, such as ``vehicle:12`` or ``category:tool``."""
    name, _colon, value = target.partition(":")
    return {"target": name, name: value} if name in ONE else {"target": target or "vehicle"}


@require_GET
@member("viewer")
def overview(request: TenantRequest) -> HttpResponse:
    """What is due, which checks are expected, and the plans."""
    assert request.organisation is not None
    expected = due.expected(request.organisation.pk)
    waiting = [one for one in expected if one.wrong is not None or one.done is None]
    context = {
        "sections": sections(request), "due": due.near(300), "checks": waiting[:300],
        "checks_done": len(expected) - len(waiting), "plans": plans.plans(),
        "manages": at_least(request.role, "manager"),
    }  # fmt: skip
    return render(request, "register/maintenance.html", context)


@require_http_methods(["GET", "POST"])
@member("manager")
def plan(request: TenantRequest, number: int | None = None) -> HttpResponse:
    """A plan is made or changed."""
    known = plans.plan(number) if number is not None else None
    first = {**_initial(known), **_for(request.GET["for"] if "for" in request.GET else _target(known))}
    form = PlanForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            if known is None:
                plans.add(who(request), form.given())
            else:
                version = request.POST.get("version", "")
                plans.change(who(request), known.pk, form.given(), int(version) if version.isdigit() else None)
        except InvalidInput as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The plan is saved."))
            return redirect("register:maintenance")
    return render(request, "register/plan.html", {"form": form, "plan": known, "sections": sections(request)})


@require_POST
@member("manager")
def put_away(request: TenantRequest, number: int) -> HttpResponse:
    """A plan counts no more; ``back`` undoes that."""
    if "back" in request.POST:
        plans.bring_back(who(request), number)
        return redirect("register:maintenance")
    found = plans.put_away(who(request), number)
    messages.success(request, _("The plan “%(name)s” is put away.") % {"name": found.name}, extra_tags="undo")
    return redirect(reverse("register:maintenance") + f"?undo={number}")


@require_POST
@member("planner")
def enter(request: TenantRequest, kind: str, key: int) -> HttpResponse:
    """Something was done, on the page of the vehicle or material."""
    thing, post = things.of(kind, key), request.POST
    number = post.get("plan", "")

    def act() -> Any:
        if not number.isdigit() or len(number) > 9:
            raise InvalidInput(_("Choose what was done."))
        return plans.enter(
            who(request), int(number), thing, moment(post.get("at", "")), post.get("odometer_km", ""),
            post.get("hours", ""), "wrong" not in post, post.get("note", ""),
        )  # fmt: skip

    attempt(request, act, _("That is entered."))
    return redirect("register:detail", path=PATH_OF[kind], key=key)


@require_POST
@member("planner")
def withdraw(request: TenantRequest, done: int) -> HttpResponse:
    """An entry was a mistake."""
    found = plans.withdraw(who(request), done)
    messages.success(request, _("The entry is taken back."))
    kind = "vehicle" if found.vehicle_id else "material"
    return redirect("register:detail", path=PATH_OF[kind], key=found.vehicle_id or found.material_id)


@require_POST
@member("manager")
def meter(request: TenantRequest, key: int) -> HttpResponse:
    """What tells that a material runs."""
    assert request.organisation is not None
    thing = things.of("material", key)
    row, organisation = Material.objects.get(pk=thing.id), request.organisation.pk
    source, attribute = request.POST.get("source", ""), request.POST.get("attribute", "")
    attempt(request, lambda: usage.set_meter(organisation, row, source, attribute), _("Saved."))
    return redirect("register:detail", path="materials", key=key)


@require_http_methods(["GET", "POST"])
@member("driver")
@never_cache
def check(request: TenantRequest, kind: str, key: int) -> HttpResponse:
    """The page that a QR code on a vehicle or material opens: a check with one press."""
    thing, post = things.of(kind, key), request.POST
    assert request.organisation is not None
    if request.method == "POST":
        number = int(post["plan"]) if post.get("plan", "").isdigit() and len(post["plan"]) < 10 else 0
        wrong = post.get("state") == "wrong"
        done = attempt(
            request,
            lambda: plans.enter(who(request), number, thing, passed=not wrong, note=post.get("note", "")),
            _("Thank you, that is noted."),
        )
        if done:
            return redirect("register:check", kind=kind, key=key)
    wanted = [one for one in plans.plans_of(thing) if one.kind == PlanKind.CHECK]
    state = {one.plan.pk: one for one in due.expected(request.organisation.pk, [thing])}
    context = {
        "thing": thing, "checks": [(one, state.get(one.pk)) for one in wanted], "note": post.get("note", ""),
        "path": PATH_OF[kind], "manages": at_least(request.role, "planner"),
    }  # fmt: skip
    return render(request, "register/check.html", context)


@require_GET
@member("viewer")
def check_code(request: TenantRequest, kind: str, key: int) -> HttpResponse:
    """The QR code of that page, as a picture."""
    thing = things.of(kind, key)
    path = reverse("register:check", kwargs={"kind": kind, "key": thing.id})
    public = config.current().public_url
    address = public.rstrip("/") + path if public else request.build_absolute_uri(path)
    out = io.BytesIO()
    qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, border=2).save(out)
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


def part(organisation: int, row: Any, kind: str) -> dict[str, Any]:
    """What the page of a vehicle or material shows of services and checks."""
    thing = things.of_row(row)
    known, near = plans.plans_of(thing), due.of_thing(thing)
    checks = {one.plan.pk: one for one in due.expected(organisation, [thing])}
    found: dict[str, Any] = {
        "care_kind": kind, "care": [(one, near.get(one.pk), checks.get(one.pk)) for one in known],
        "care_done": plans.history(thing, 20), "care_checks": any(one.kind == PlanKind.CHECK for one in known),
    }  # fmt: skip
    if kind == "vehicle":
        metres = readings.odometers(organisation, [row.pk]).get(row.pk)
        return {**found, "odometer_now": None if metres is None else round(metres / 1000)}
    hours = readings.meters(organisation, [row.pk]).get(row.pk)
    return {**found, "hours_now": hours, "meter_sources": MeterSource.choices, "meter": getattr(row, "meter", None)}
