"""What a person may know without asking anybody: what is kept about him, who looked, the notices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import Account, Role
from allconnects.fleet.models import Person
from allconnects.integrations.forwarding.models import Target
from allconnects.kit.errors import NotFound
from allconnects.privacy import documents
from allconnects.privacy.access import service as access
from allconnects.privacy.registry.parties import PRODUCTS
from allconnects.privacy.registry.purposes import PURPOSES
from allconnects.privacy.registry.words import BASES, CATEGORIES, RETENTIONS
from allconnects.privacy.retention import RULES
from allconnects.products.fleet_driver import paper
from allconnects.products.live_connects.models import Share
from allconnects.reports.purposes import purposes as report_purposes

ABOUT = frozenset({"driver", "employee", "account_holder"})
SHOWN = 400
SCOPES = {
    "live": lambda: _("where you were at that moment"),
    "track": lambda: _("your positions"),
    "trips": lambda: _("your trips and stops"),
    "report": lambda: _("a report"),
    "export": lambda: _("a file with your data"),
    "visits": lambda: _("when you were at which place"),
    "alerts": lambda: _("alerts about what you drive or carry"),
    "presence": lambda: _("which vehicle you were in, or what you had with you"),
    "hours": lambda: _("your hours and kilometres of a month"),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of data about a person: why, on what ground, how long."""

    what: str
    why: str
    ground: str
    how_long: str


def kept() -> list[Kept]:
    """What is kept about people, from the labels of every table, in words; each once."""
    titles = {one.key: one.title for one in PURPOSES}
    found = {
        Kept(
            _(CATEGORIES[label.category]), _(titles[label.purpose]), _(BASES[label.basis]),
            f"{_(RETENTIONS[label.retention])}: {_days(label.retention)}",
        )
        for label in (use.label for use in documents.uses())
        if label.subject in ABOUT
    }  # fmt: skip
    return sorted(found, key=lambda one: (one.what, one.why, one.how_long))


def _days(retention: str) -> str:
    days = RULES[retention].default_days
    if days is None:
        return _("as long as the account or registration lasts")
    return _("%(days)s days") % {"days": f"{days:g}"}


@require_safe
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """Everything about privacy in one place; strangers read the notices and how to ask."""
    person = _person(request)
    context = {
        "kept": kept() if request.user.is_authenticated else [],
        "person": person,
        "products": [one for one in PRODUCTS if one.tables],
        "requests_url": _where("requests:mine") if request.user.is_authenticated else _where("requests:ask"),
        "consents_url": _where("consents:mine") if request.user.is_authenticated else "",
        "rights": _(documents.RIGHTS),
        "responsible": _(documents.RESPONSIBLE),
    }
    return render(request, "driver/privacy.html", context)


def _where(name: str) -> str:
    """The address of a page of another room; empty while that room is not there."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _person(request: HttpRequest) -> Person | None:
    organisation = getattr(request, "organisation", None)
    if organisation is None or not isinstance(request.user, Account):
        return None
    return Person.objects.filter(organisation=organisation, account=request.user, archived_at=None).first()


@require_safe
@never_cache
@login_required
@member("driver")
def looked(request: TenantRequest) -> HttpResponse:
    """Who looked at me and why: dates, roles, purposes."""
    person = _person(request)
    if person is None:
        raise NotFound(_("Your account is not linked with a person. Ask your manager to link it."))
    assert request.organisation is not None
    with connection.cursor() as cursor:
        found = access.grouped(cursor, request.organisation.pk, str(person.pk), SHOWN)
    lines = list(_lines(found, f"account:{request.user.pk}"))
    context = {"days": _by_day(lines), "full": len(found) == SHOWN}
    return render(request, "driver/looked.html", context)


@dataclass(frozen=True, slots=True)
class Look:
    """A line: on that day somebody of that role read that, for that purpose."""

    day: date
    first: datetime
    last: datetime
    times: int
    who: str
    what: str
    why: str
    about: str
    everybody: bool
    mine: bool
    investigated: bool


def _lines(found: Iterable[access.Grouped], mine: str) -> Iterable[Look]:
    reasons = {one.key: _(one.title) for one in PURPOSES} | {
        key: str(one.title) for key, one in report_purposes().items()
    }
    outside = _recipients()
    for one in found:
        about = f"{one.first_day:%d/%m/%Y}" if one.first_day == one.last_day else (
            f"{one.first_day:%d/%m/%Y} – {one.last_day:%d/%m/%Y}"
        )  # fmt: skip
        what = SCOPES[one.scope]() if one.scope in SCOPES else one.scope
        yield Look(
            one.day, one.first_at, one.last_at, one.times, _who(one, mine, outside), what,
            reasons.get(one.purpose, one.purpose), about, one.everybody, one.actor == mine,
            one.matter is not None and one.purpose != "authority",
        )  # fmt: skip


def _who(one: access.Grouped, mine: str, outside: dict[str, str]) -> str:
    if one.actor == mine:
        return _("yourself")
    if one.role == "recipient":
        return outside.get(one.actor, _("a recipient outside"))
    if one.role == "token":
        return _("a program of your employer")
    if one.role == "support":
        return _("staff of the operator of this server")
    return str(dict(Role.choices).get(one.role, one.role))


def _recipients() -> dict[str, str]:
    """What recipients outside are called."""
    targets = Target.objects.values_list("pk", "name")
    shares = Share.objects.values_list("pk", "title")
    return (
        {f"process:forwarding-{number}": _("a program outside: %(name)s") % {"name": name} for number, name in targets}
        | {f"process:share-{number}": _("a shared link: %(name)s") % {"name": name} for number, name in shares}
        | {"process:alerts": _("receivers of alerts by mail, push message or webhook")}
        | {"process:reports": _("receivers of a report by mail")}
    )


def _by_day(lines: list[Look]) -> list[tuple[date, list[Look], list[Look]]]:
    """Days with what others read, and what the person read himself, which is told below it."""
    days: dict[date, tuple[list[Look], list[Look]]] = {}
    for one in lines:
        days.setdefault(one.day, ([], []))[one.mine].append(one)
    return [(day, others, own) for day, (others, own) in days.items()]


@require_safe
def notice(request: HttpRequest, product: str) -> HttpResponse:
    """The notice of a product, made from what the software does, in the language of the page."""
    found = next((one for one in PRODUCTS if one.key == product), None)
    if found is None:
        raise NotFound(_("There is no such product."))
    text = documents.notice(found, (get_language() or "en")[:2])
    return render(request, "driver/notice.html", {"product": found, "blocks": paper.blocks(text)})
