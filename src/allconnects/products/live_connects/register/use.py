"""What is done on the page of a row: installing, documents, badges, drivers, teams, custody, and the inbox."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.fleet.kinds import MATERIAL, PERSON, TEAM, VEHICLE
from allconnects.fleet.models.presence import BadgeKind
from allconnects.fleet.services import badging, inbox, installing, materials, open_stays, papers, presence, register
from allconnects.fleet.who import who
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects.picking import sources
from allconnects.products.live_connects.picking.fields import picked
from allconnects.products.live_connects.register.common import PATH_OF, attempt, kind_of, sections
from allconnects.reports import unclosed


def moment(text: str) -> datetime | None:
    """What a field of date and time holds, in Brussels; None when empty. Raises InvalidInput."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("This is no date and time.")) from None
    return found if found.tzinfo else found.replace(tzinfo=BRUSSELS)


def day(text: str) -> date | None:
    """What a date field holds; None when empty. Raises InvalidInput."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(_("This is no date.")) from None


def uuid(text: str) -> UUID | None:
    """The person of a choice; None when empty. Raises NotFound."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound(_("There is no such person.")) from None


def number(text: str) -> int:
    """An id in a form. Raises NotFound."""
    if not text.isdigit() or len(text) > 9:
        raise NotFound(_("There is no such thing here."))
    return int(text)


def _back(path: str, key: object) -> HttpResponse:
    return redirect("register:detail", path=path, key=key)


@require_POST
@member("manager")
def install(request: TenantRequest, path: str, key: str) -> HttpResponse:
    """Put a device into a vehicle or material or give it to a person."""
    row, post = register.get(kind_of(request, path, write=True), key), request.POST
    attempt(
        request,
        lambda: installing.install(
            who(request),
            number(picked(post, sources.FREE_DEVICE, "device")),
            row,
            moment(post.get("since", "")),
            main="further" not in post,
        ),
        _("The device is installed."),
    )
    return _back(path, key)


@require_POST
@member("manager")
def uninstall(request: TenantRequest, installation: int) -> HttpResponse:
    """Take a device out."""
    found = installing.get(installation)
    attempt(
        request,
        lambda: installing.uninstall(who(request), installation, moment(request.POST.get("until", ""))),
        _("The device is taken out."),
    )
    name = next(n for n in ("vehicle", "material", "person") if getattr(found, f"{n}_id") is not None)
    return _back(PATH_OF[name], getattr(found, f"{name}_id"))


@require_POST
@member("manager")
def add_document(request: TenantRequest, path: str, key: str) -> HttpResponse:
    """Enter a document."""
    row = register.get(kind_of(request, path, write=True), key)
    fields = ("kind", "number", "valid_from", "valid_until", "note")
    data = {name: request.POST.get(name, "") for name in fields}
    attempt(request, lambda: papers.add_document(who(request), row, data), _("The document is entered."))
    return _back(path, key)


@require_POST
@member("manager")
def drop_document(request: TenantRequest, document: int) -> HttpResponse:
    """Put a document away."""
    found = papers.drop_document(who(request), document)
    name = next(n for n in ("vehicle", "material", "person") if getattr(found, f"{n}_id") is not None)
    return _back(PATH_OF[name], getattr(found, f"{name}_id"))


@require_POST
@member("manager")
def give_badge(request: TenantRequest, key: UUID) -> HttpResponse:
    """Give a badge to a person."""
    person, post = register.get(PERSON, key), request.POST
    attempt(
        request,
        lambda: badging.give(
            who(request), person, post.get("kind", ""), post.get("number", ""), moment(post.get("since", ""))
        ),
        _("The badge is given."),
    )
    return _back("people", key)


@require_POST
@member("manager")
def take_badge(request: TenantRequest, badge: int) -> HttpResponse:
    """Take a badge back."""
    return _back("people", badging.take_back(who(request), badge).person_id)


@require_POST
@member("planner")
def claim(request: TenantRequest, key: int) -> HttpResponse:
    """Correct or plan who is in a vehicle."""
    register.get(VEHICLE, key)
    post = request.POST

    def act() -> Any:
        since = moment(post.get("since", ""))
        if since is None:
            raise InvalidInput(_("Say from when."))
        source = "planning" if post.get("source") == "planning" else "manual"
        return presence.claim(
            who(request), key, uuid(picked(post, sources.PERSON, "person")), since, moment(post.get("until", "")),
            post.get("role", "driver"), source, post.get("reason", ""),
        )  # fmt: skip

    attempt(request, act, _("Saved. Tracks of these days follow."))
    return _back("vehicles", key)


@require_POST
@member("planner")
def withdraw(request: TenantRequest, claim: int) -> HttpResponse:
    """Take a correction back."""
    from allconnects.fleet.models import Claim

    found = Claim.objects.filter(pk=claim).first()
    if found is None:
        raise NotFound(_("There is no such correction."))
    attempt(request, lambda: presence.withdraw(who(request), claim), _("The correction is taken back."))
    return _back("vehicles", found.vehicle_id)


@require_POST
@member("manager")
def join(request: TenantRequest, key: int) -> HttpResponse:
    """Put a person into a team."""
    team, post = register.get(TEAM, key), request.POST

    def act() -> Any:
        person = uuid(picked(post, sources.PERSON, "person"))
        if person is None:
            raise InvalidInput(_("Choose a person."))
        since = day(post.get("since", "")) or clock.today()
        return papers.join(who(request), team, person, since, day(post.get("until", "")), "leads" in post)

    attempt(request, act, _("Saved."))
    return _back("teams", key)


@require_POST
@member("manager")
def leave(request: TenantRequest, member: int) -> HttpResponse:
    """A person leaves a team today."""
    return _back("teams", papers.leave(who(request), member, clock.today()).team_id)


@require_POST
@member("planner")
def hand_over(request: TenantRequest, key: int) -> HttpResponse:
    """Say who or what has a material from now on."""
    register.get(MATERIAL, key)
    attempt(request, lambda: materials.hand_over(who(request), key, holder(request)), _("Saved."))
    return _back("materials", key)


def holder(request: TenantRequest) -> materials.Holder:
    """Who or what a form names. Raises NotFound."""
    post = request.POST
    vehicle = picked(post, sources.VEHICLE, "vehicle")
    return materials.Holder(
        uuid(picked(post, sources.PERSON, "person")),
        number(vehicle) if vehicle else None,
        None,
        post.get("site_name", ""),
    )


@require_POST
@member("manager")
def add_tag(request: TenantRequest, key: int) -> HttpResponse:
    """Say which Bluetooth tag is on a material."""
    row = register.get(MATERIAL, key)
    given = request.POST.get("identifier", "")
    attempt(request, lambda: materials.add_tag(who(request), row, given), _("The tag is on it."))
    return _back("materials", key)


@require_POST
@member("manager")
def remove_tag(request: TenantRequest, tag: int) -> HttpResponse:
    """The tag is on it no more."""
    return _back("materials", materials.remove_tag(who(request), tag).material_id)


@require_GET
@member("planner")
def questions(request: TenantRequest) -> HttpResponse:
    """What waits for a human."""
    assert request.organisation is not None
    waiting, answered = inbox.waiting(), open_stays.answered()
    names = unclosed.site_names(request.organisation.pk, [*waiting, *answered])
    context = {
        "questions": [(one, names.get(one.pk, "")) for one in waiting],
        "answered": [(one, names.get(one.pk, "")) for one in answered],
        "sections": sections(request), "badge_kinds": BadgeKind.choices, "manages": at_least(request.role, "manager"),
    }  # fmt: skip
    return render(request, "register/inbox.html", context)


@require_POST
@member("planner")
def decide(request: TenantRequest, question: int) -> HttpResponse:
    """A human decides."""
    post, me = request.POST, who(request)

    def act() -> Any:
        choice = post.get("choice", "")
        if choice == "ignore":
            inbox.ignore(me, question)
            return True
        if choice == "absent":
            open_stays.absent(me, question)
            return True
        if choice in ("end", "left"):
            end = moment(post.get("end", ""))
            if end is None:
                raise InvalidInput(_("Say when it was."))
            (open_stays.end if choice == "left" else inbox.end_stay)(me, question, end)
            return True
        person = uuid(picked(post, sources.PERSON, "person"))
        if person is None:
            raise InvalidInput(_("Choose a person."))
        if choice == "driver":
            inbox.name_driver(me, question, person)
            return True
        return inbox.assign_badge(me, question, person, post.get("kind", "rfid"))

    stays = post.get("choice") in ("absent", "left")
    attempt(request, act, _("Decided. Hours follow.") if stays else _("Decided. Tracks of these days follow."))
    return redirect("register:inbox")


@require_POST
@member("planner")
def ask_again(request: TenantRequest, question: int) -> HttpResponse:
    """An answer about a stay is taken back."""
    attempt(request, lambda: open_stays.take_back(who(request), question), _("Taken back. The question waits again."))
    return redirect("register:inbox")
