"""One row of the register: looked at, entered, changed, put away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.fleet import checks, history, noted, whereabouts
from allconnects.fleet.forms import DocumentForm
from allconnects.fleet.kinds import Kind
from allconnects.fleet.models import Badge, Claim, Document, Installation, Occupancy, Person, TeamMember
from allconnects.fleet.models.presence import BadgeKind, Role
from allconnects.fleet.services import materials, register
from allconnects.fleet.who import who
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError
from allconnects.products.live_connects.picking.sources import FREE_DEVICE
from allconnects.products.live_connects.register import maintenance, number
from allconnects.products.live_connects.register.common import attempt, kind_of, sections
from allconnects.products.live_connects.register.texts import told


@require_GET
@member("viewer")
def detail(request: TenantRequest, path: str, key: str) -> HttpResponse:
    """All about one row."""
    kind = kind_of(request, path)
    row = register.get(kind, key)
    planner = at_least(request.role, "planner")
    context: dict[str, Any] = {
        "path": path, "kind": kind, "row": row, "sections": sections(request), "planner": planner,
        "manages": at_least(request.role, "manager"), "facts": _facts(kind, row), "now": clock.now(),
        "today": clock.today(), "changes": told(history.of_row(kind.name, row.pk, 60)) if planner else [],
    }  # fmt: skip
    context |= _PARTS[kind.name](row, planner)
    if kind.name == "person" and context["manages"]:
        context |= number.part(row.organisation_id, row.pk)
    if kind.name in ("vehicle", "material"):
        context |= maintenance.part(row.organisation_id, row, kind.name)
    return render(request, "register/detail.html", context)


def _facts(kind: Kind, row: Any) -> list[tuple[str, Any]]:
    """(label, value) of every field that says something."""
    found = []
    for name in kind.form.base_fields:
        if name in ("odometer_km", "account"):
            continue
        field: Any = row._meta.get_field(name)
        value = getattr(row, name)
        if value == "":
            continue
        if getattr(field, "choices", None) and not isinstance(value, list):
            value = getattr(row, f"get_{name}_display")()
        if name == "joint_committee" and value:
            value = f"{value} {checks.committee_name(value, get_language() or 'en')}".strip()
        value = ", ".join(value) if isinstance(value, list) else getattr(value, "name", value)
        if value not in (None, ""):
            found.append((capfirst(str(field.verbose_name)), value))
    if getattr(row, "odometer_m", None) is not None:
        found.append((_("Odometer"), f"{row.odometer_m / 1000:,.0f} km".replace(",", "\u202f")))
    return found


def _placed(row: Any) -> dict[str, Any]:
    name = str(row._meta.model_name)
    return {
        "installations": Installation.objects.filter(**{name: row}).select_related("device").order_by("-during"),
        "free_devices": FREE_DEVICE.rows().exists(),
        "documents": Document.objects.filter(**{name: row}, archived_at=None).order_by("valid_until", "id"),
        "document_form": DocumentForm.base_fields,
        "document_kinds": Document._meta.get_field("kind").choices,
    }


def _vehicle(row: Any, planner: bool) -> dict[str, Any]:
    if not planner:
        return _placed(row)
    week = clock.now() - timedelta(days=7)
    stays = _read(Occupancy.objects.filter(vehicle=row, during__overlap=(week, None)).select_related("person"), week)
    return _placed(row) | {
        "stays": stays,
        "claims": Claim.objects.filter(vehicle=row, withdrawn_at=None).select_related("person").order_by("-id")[:20],
        "roles": Role.choices,
    }


def _read(found: QuerySet[Occupancy], since: datetime) -> list[Occupancy]:
    """The latest sixty, which is written down."""
    rows = list(found.order_by("-during")[:60])
    noted.stays_read(rows, since, clock.now())
    return rows


def _material(row: Any, planner: bool) -> dict[str, Any]:
    place = materials.whereabouts([row.pk])[row.pk]
    return _placed(row) | {
        "where": place, "sources": whereabouts.sources(place, clock.now()),
        "holder": materials.names_of([place]).get(place.holder or ("", ""), ""),
        "chain": materials.chain(row.pk, 30) if planner else [], "tags": row.tags.order_by("identifier"),
    }  # fmt: skip


def _person(row: Any, _planner: bool) -> dict[str, Any]:
    week = clock.now() - timedelta(days=7)
    stays = _read(Occupancy.objects.filter(person=row, during__overlap=(week, None)).select_related("vehicle"), week)
    return _placed(row) | {
        "badges": Badge.objects.filter(person=row).order_by("revoked_at", "-valid_from"),
        "badge_kinds": BadgeKind.choices, "stays": stays,
        "memberships": TeamMember.objects.filter(person=row).select_related("team").order_by("-since"),
    }  # fmt: skip


def _team(row: Any, _planner: bool) -> dict[str, Any]:
    return {
        "members": TeamMember.objects.filter(team=row).select_related("person").order_by("until", "since"),
    }


def _employer(row: Any, _planner: bool) -> dict[str, Any]:
    return {"employed": Person.objects.filter(employer=row, archived_at=None).order_by("last_name")[:200]}


_PARTS = {"vehicle": _vehicle, "material": _material, "person": _person, "team": _team, "employer": _employer}


@require_http_methods(["GET", "POST"])
@member("manager")
def add(request: TenantRequest, path: str) -> HttpResponse:
    """Enter a row."""
    kind = kind_of(request, path, write=True)
    form = kind.form(who(request), request.POST or None)
    return _edited(request, path, kind, form, None)


@require_http_methods(["GET", "POST"])
@member("manager")
def edit(request: TenantRequest, path: str, key: str) -> HttpResponse:
    """Change a row; whoever was overtaken is told, and nothing is overwritten."""
    kind = kind_of(request, path, write=True)
    row = register.get(kind, key)
    form = kind.form(who(request), request.POST or None, instance=row)
    return _edited(request, path, kind, form, row)


def _edited(request: TenantRequest, path: str, kind: Kind, form: Any, row: Any) -> HttpResponse:
    version = request.POST.get("version", "")
    if request.method == "POST":
        try:
            saved = register.save(who(request), form, int(version) if version.isdigit() else None)
        except register.Refused:
            pass
        except AllconnectsError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("register:detail", path=path, key=saved.pk)
    context = {
        "path": path, "kind": kind, "form": form, "row": row, "sections": sections(request),
        "version": version or (row.version if row else ""),
    }  # fmt: skip
    return render(request, "register/edit.html", context, status=200)


@require_POST
@member("manager")
def archive(request: TenantRequest, path: str, key: str) -> HttpResponse:
    """Put a row away; it can be brought back."""
    kind = kind_of(request, path, write=True)
    done = _("It is put away. You find it under “Archived”, and can bring it back.")
    attempt(request, lambda: register.archive(who(request), kind, key), done)
    return redirect("register:detail", path=path, key=key)


@require_POST
@member("manager")
def restore(request: TenantRequest, path: str, key: str) -> HttpResponse:
    """Bring a row back."""
    kind = kind_of(request, path, write=True)
    attempt(request, lambda: register.restore(who(request), kind, key), _("It is back."))
    return redirect("register:detail", path=path, key=key)
