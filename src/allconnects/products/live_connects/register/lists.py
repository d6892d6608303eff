"""Lists of the register: search, order, pages, the same change to many."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.fleet.kinds import Kind
from allconnects.fleet.services import inbox, overview, register
from allconnects.fleet.who import who
from allconnects.kit import clock
from allconnects.products.live_connects.register.common import attempt, kind_of, sections


@require_GET
@member("viewer")
def start(request: TenantRequest) -> HttpResponse:
    """The register begins with the vehicles."""
    return redirect("register:list", path=sections(request)[0][0])


@require_GET
@member("viewer")
def rows(request: TenantRequest, path: str) -> HttpResponse:
    """One kind of rows: found by words, ordered, fifty on a page."""
    kind = kind_of(request, path)
    asked = {name: request.GET.get(name, "") for name in ("q", "sort", "group", *kind.filters)}
    archived = request.GET.get("archived") == "1"
    page = request.GET.get("page", "1")
    found = register.page_of(
        kind, asked["q"][:200], asked["sort"], int(page) if page.isdigit() and len(page) < 7 else 1, archived,
        _sound(asked),
    )  # fmt: skip
    context = {
        "path": path, "kind": kind, "sections": sections(request), "found": found, "asked": asked, "archived": archived,
        "groups": register.groups_of(kind), "choices": _choices(kind, asked),
        "extra": overview.beside(kind, found.rows), "manages": at_least(request.role, "manager"),
        "plans": at_least(request.role, "planner"), "waiting": inbox.waiting_count(),
        "kept": _address(request, page=None), "columns": COLUMNS[kind.name],
        "bulk_fields": _bulk_fields(kind), "sorted_by": asked["sort"] or next(iter(kind.sorts)),
    }  # fmt: skip
    return render(request, "register/list.html", context)


COLUMNS: dict[str, list[tuple[str, str]]] = {
    "vehicle": [("name", "name"), ("plate", "plate"), ("class", "class"), ("driver", ""), ("device", ""),
                ("groups", "")],
    "material": [("name", "name"), ("category", "category"), ("where", ""), ("serial", "serial"), ("groups", "")],
    "person": [("name", "name"), ("number", "number"), ("employer", "employer"), ("vehicle", ""), ("groups", "")],
    "team": [("name", "name"), ("members", "")],
    "employer": [("name", "name"), ("number", ""), ("committee", ""), ("members", "")],
}  # fmt: skip
"""Columns of each list, with the name by which each can be ordered."""


def _sound(asked: dict[str, str]) -> dict[str, str]:
    """Filters without values that the column cannot hold."""
    return {name: value for name, value in asked.items() if name != "employer" or value.isdigit()}


def _choices(kind: Kind, asked: dict[str, str]) -> list[tuple[str, str, list[tuple[Any, Any]], str]]:
    """(name, label, choices, chosen) of each filter with fixed choices."""
    found = []
    for name in kind.filters:
        field: Any = kind.model._meta.get_field(name)
        if getattr(field, "choices", None):
            choices = [one for one in field.choices if one[0] != ""]
            found.append((name, capfirst(str(field.verbose_name)), choices, asked[name]))
    return found


def _bulk_fields(kind: Kind) -> list[tuple[str, str, list[tuple[Any, Any]]]]:
    fields: list[tuple[str, str, list[tuple[Any, Any]]]] = []
    if "groups" in kind.searched:
        fields += [("groups+", _("Add to group"), []), ("groups-", _("Take out of group"), [])]
    for name in kind.filters:
        field: Any = kind.model._meta.get_field(name)
        if getattr(field, "choices", None) and name in kind.form.base_fields:
            fields.append((name, capfirst(str(field.verbose_name)), list(field.choices)))
    return fields


def _address(request: TenantRequest, **changes: Any) -> str:
    """This list's address with the same search, for other pages and orders of it."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    query.pop("sort", None)
    return query.urlencode()


@require_POST
@member("manager")
def bulk(request: TenantRequest, path: str) -> HttpResponse:
    """The same change to all that are ticked."""
    kind = kind_of(request, path, write=True)
    field, value = request.POST.get("field", ""), request.POST.get("value", "")
    if field not in ("archive", "groups+", "groups-"):
        value = request.POST.get(f"value_{field}", value)
    count = attempt(request, lambda: register.bulk(who(request), kind, request.POST.getlist("row"), field, value))
    if count:
        from django.contrib import messages

        text = ngettext("%(count)s row is changed.", "%(count)s rows are changed.", count) % {"count": count}
        messages.success(request, text)
    query = request.POST.get("kept", "")
    return redirect(reverse("register:list", kwargs={"path": path}) + (f"?{query}" if query else ""))


@require_GET
@member("viewer")
def documents(request: TenantRequest) -> HttpResponse:
    """Documents that expire soon or have expired, the most urgent first."""
    may_people = at_least(request.role, "planner")
    days = request.GET.get("days", "60")
    within = int(days) if days in ("30", "60", "90", "365") else 60
    context = {
        "documents": overview.expiring(within, people=may_people), "days": within, "sections": sections(request),
        "today": clock.today(), "spans": (30, 60, 90, 365),
    }  # fmt: skip
    return render(request, "register/documents.html", context)
