"""REST operations of what is done with the register: devices in places, who is in what, documents, custody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from allconnects.accounts.access import ApiAuth
from allconnects.fleet import noted, rest
from allconnects.fleet.api import ERRORS, READ, WRITE, Wanted
from allconnects.fleet.kinds import MATERIAL, PERSON, VEHICLE
from allconnects.fleet.models import Document, Installation
from allconnects.fleet.schemas import (
    BadgeIn,
    BadgeOut,
    ClaimIn,
    ClaimOut,
    CustodyIn,
    DocumentIn,
    DocumentOut,
    End,
    InstallationIn,
    InstallationOut,
    OccupancyOut,
    Problem,
    SightingIn,
    Taken,
    WhereOut,
)
from allconnects.fleet.services import badging, installing, materials, papers, presence, register
from allconnects.fleet.who import Who, who
from allconnects.kit import clock, paging
from allconnects.kit.errors import InvalidInput, NotFound

router = Router()
LONGEST = timedelta(days=62)


class InstallationPage(Schema):
    """Installations by id, and the cursor of the next page."""

    items: list[InstallationOut]
    next: str | None


class DocumentPage(Schema):
    """Documents by id, and the cursor of the next page."""

    items: list[DocumentOut]
    next: str | None


class Span(Schema):
    """Stays that touch this time; the last day by default, 62 days at most."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    vehicle: int | None = None
    person: UUID | None = None
    cursor: str = Field(default="", max_length=200)
    limit: int | None = Field(default=None, ge=1, le=rest.MOST)


class Events(Schema):
    """What readers and phones saw, in any order."""

    events: list[SightingIn] = Field(min_length=1, max_length=1000)


def _me(request: HttpRequest) -> Who:
    return who(request)  # type: ignore[arg-type]


def _page(rows: Any, wanted: Wanted) -> tuple[list[Any], str | None]:
    if wanted.cursor:
        key = rest.key_of(wanted.cursor)
        if not key.isdigit() or len(key) > 9:
            raise InvalidInput(_("This cursor is none of ours."))
        rows = rows.filter(pk__gt=int(key))
    found = list(rows.order_by("pk")[: wanted.limit + 1])
    more = len(found) > wanted.limit
    return found[: wanted.limit], rest.cursor_of(found[wanted.limit - 1].pk) if more else None


def _place(vehicle: int | None, material: int | None, person: UUID | None) -> installing.Place:
    """The one of three that is named. Raises NotFound, InvalidInput."""
    named = [
        (kind, key) for kind, key in ((VEHICLE, vehicle), (MATERIAL, material), (PERSON, person)) if key is not None
    ]  # fmt: skip
    if len(named) != 1:
        raise InvalidInput(_("Name one: a vehicle, a material or a person."))
    found: installing.Place = register.get(*named[0])
    return found


def _installed(one: Installation) -> dict[str, Any]:
    return {
        "id": one.pk, "device": one.device_id, "vehicle": one.vehicle_id, "material": one.material_id,
        "person": one.person_id, "main": one.main, "since": one.during.lower, "until": one.during.upper,
    }  # fmt: skip


@router.get(
    "/installations", response={200: InstallationPage, **READ}, auth=ApiAuth("register:read"),
    url_name="installations", tags=["installations"],
)  # fmt: skip
def list_installations(request: HttpRequest, wanted: Query[Wanted]) -> Any:
    """Which device sat in what, by id; those on people are left out."""
    found, following = _page(Installation.objects.filter(person=None), wanted)
    return {"items": [_installed(one) for one in found], "next": following}


@router.post(
    "/installations", response={201: InstallationOut, **WRITE}, auth=ApiAuth("register:write"),
    url_name="installations", tags=["installations"],
)  # fmt: skip
def install(request: HttpRequest, body: InstallationIn) -> Any:
    """Put a device into a vehicle or material, or give it to a person. Takes an Idempotency-Key."""

    place = _place(body.vehicle, body.material, body.person)
    since, until = _aware(body.since), _aware(body.until)
    return 201, _installed(installing.install(_me(request), body.device, place, since, until, body.main))


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise InvalidInput(_("A moment needs its zone, such as 2026-10-31T08:00:00Z."))
    return moment


@router.post(
    "/installations/{int:installation}/end", response={200: InstallationOut, **WRITE}, auth=ApiAuth("register:write"),
    url_name="end_installation", tags=["installations"],
)  # fmt: skip
def end_installation(request: HttpRequest, installation: int, body: End) -> Any:
    """The device was taken out."""
    return _installed(installing.uninstall(_me(request), installation, _aware(body.until)))


@router.get(
    "/documents", response={200: DocumentPage, **READ}, auth=ApiAuth("people:read"), url_name="documents",
    tags=["documents"],
)  # fmt: skip
def list_documents(request: HttpRequest, wanted: Query[Wanted], until: datetime | None = None) -> Any:
    """Documents that are not put away, by id; ``until``: those whose last day is not after it."""
    rows = Document.objects.filter(archived_at=None)
    found, following = _page(rows.filter(valid_until__lte=until.date()) if until else rows, wanted)
    return {"items": [DocumentOut.from_orm(one) for one in found], "next": following}


@router.post(
    "/documents", response={201: DocumentOut, **WRITE}, auth=ApiAuth("people:write"), url_name="documents",
    tags=["documents"],
)  # fmt: skip
def add_document(request: HttpRequest, body: DocumentIn) -> Any:
    """Enter a document of a vehicle, a material or a person. Takes an Idempotency-Key."""

    place = _place(body.vehicle, body.material, body.person)
    data = body.dict(exclude={"vehicle", "material", "person"})
    return 201, DocumentOut.from_orm(papers.add_document(_me(request), place, data)).dict()


@router.delete(
    "/documents/{int:document}", response={204: None, **READ}, auth=ApiAuth("people:write"), url_name="document",
    tags=["documents"],
)  # fmt: skip
def drop_document(request: HttpRequest, document: int) -> Any:
    """Put a document away."""
    papers.drop_document(_me(request), document)
    return 204, None


@router.post(
    "/people/{uuid:key}/badges", response={201: BadgeOut, **WRITE}, auth=ApiAuth("people:write"),
    url_name="badges_of_person", tags=["people"],
)  # fmt: skip
def give_badge(request: HttpRequest, key: UUID, body: BadgeIn) -> Any:
    """Give a badge to a person. Of its number only a keyed hash and last signs are kept. Takes an Idempotency-Key."""

    person = register.get(PERSON, key)
    given = badging.give(_me(request), person, body.kind, body.number, _aware(body.since))
    return 201, BadgeOut.from_orm(given).dict()


@router.delete(
    "/badges/{int:badge}", response={204: None, **READ}, auth=ApiAuth("people:write"), url_name="badge", tags=["people"]
)
def take_badge(request: HttpRequest, badge: int) -> Any:
    """Take a badge back: from now on it counts for nobody."""
    badging.take_back(_me(request), badge)
    return 204, None


@router.get(
    "/occupancy", response={200: list[OccupancyOut], **ERRORS, 422: Problem}, auth=ApiAuth("occupancy:read"),
    url_name="occupancy", tags=["occupancy"],
)  # fmt: skip
def occupancy(request: HttpRequest, span: Query[Span]) -> HttpResponse:
    """Who was in which vehicle, by which source, and how much it is believed; in order of time.

    All of the time that is asked for, or with `limit` a page, whose Link header leads to the next.
    """
    until = span.until or clock.now()
    since = span.since or until - timedelta(days=1)
    if not timedelta(0) < until - since <= LONGEST:
        raise InvalidInput(_("The range must be longer than nothing and at most 62 days."))
    after = paging.number_of(span.cursor) if span.cursor else None
    rows = presence.stay_rows(since, until, span.vehicle, span.person, after, span.limit)
    shown, following = paging.cut(rows, span.limit, lambda row: paging.cursor_of(row[0]))
    noted.presence_read(_me(request).organisation.pk, [row[2] for row in shown], since, until)
    found = [
        {
            "vehicle": vehicle, "person": person, "role": role, "source": source, "rank": rank,
            "since": during.lower, "until": during.upper,
        }
        for _id, vehicle, person, role, source, rank, during in shown
    ]  # fmt: skip
    response = HttpResponse(msgspec.json.encode(found), content_type="application/json")
    return paging.linked(request, response, following)


@router.post(
    "/occupancy/events", response={200: Taken, **WRITE}, auth=ApiAuth("occupancy:write"), url_name="occupancy_events",
    tags=["occupancy"],
)  # fmt: skip
def take_events(request: HttpRequest, body: Events) -> Any:
    """IN and OUT of readers of others. Each counts once, however often it is sent, and in any order.

    Takes an Idempotency-Key: what was new the first time is then told again.
    """
    return _observed(request, body)


def _observed(request: HttpRequest, body: Events) -> dict[str, int]:
    for one in body.events:
        _aware(one.at)
        if not one.number and one.person is None:
            raise InvalidInput(_("An event names a badge or a person."))
        if one.at > clock.now() + timedelta(days=1):
            raise InvalidInput(_("An event lies in the future."))
    _known(VEHICLE, {one.vehicle for one in body.events})
    _known(PERSON, {one.person for one in body.events if one.person})
    seen = [presence.Sighting(**one.dict()) for one in body.events]
    return {"new": presence.observe(_me(request), seen)}


def _known(kind: Any, keys: set[Any]) -> None:
    if kind.model._default_manager.filter(pk__in=keys).count() != len(keys):
        raise NotFound(_("There is no such thing here."))


@router.post(
    "/occupancy/claims", response={201: ClaimOut, **WRITE}, auth=ApiAuth("occupancy:write"), url_name="claims",
    tags=["occupancy"],
)  # fmt: skip
def add_claim(request: HttpRequest, body: ClaimIn) -> Any:
    """Correct or plan who is in a vehicle. Takes an Idempotency-Key."""

    since = _aware(body.since)
    assert since is not None
    made = presence.claim(
        _me(request), body.vehicle, body.person, since, _aware(body.until), body.role, body.source, body.reason
    )  # fmt: skip
    return 201, {"id": made.pk, **body.dict()}


@router.delete(
    "/occupancy/claims/{int:claim}", response={204: None, **READ}, auth=ApiAuth("occupancy:write"), url_name="claim",
    tags=["occupancy"],
)  # fmt: skip
def withdraw_claim(request: HttpRequest, claim: int) -> Any:
    """Take a correction or a plan back."""
    presence.withdraw(_me(request), claim)
    return 204, None


@router.get(
    "/materials/{int:key}/where", response={200: WhereOut, **READ}, auth=ApiAuth("positions:read"),
    url_name="where_material", tags=["materials"],
)  # fmt: skip
def where_material(request: HttpRequest, key: int) -> Any:
    """Where a material is: how it is known, since when, how sure, and why. Who has it in hand is not said here."""
    register.get(MATERIAL, key)
    found = materials.whereabouts([key])[key]
    holder = found.holder if found.holder and found.holder[0] != "person" else None
    return {
        "material": key, "how": found.how, "certainty": found.certainty, "at": found.at, "lat": found.lat,
        "lon": found.lon, "why": list(found.why),
        "holder": None if holder is None else {"kind": holder[0], "id": holder[1]},
    }  # fmt: skip


@router.post(
    "/materials/{int:key}/custody", response={204: None, **WRITE}, auth=ApiAuth("custody:write"), url_name="custody",
    tags=["materials"],
)  # fmt: skip
def hand_over(request: HttpRequest, key: int, body: CustodyIn) -> Any:
    """From now on this person, vehicle or site has the material; none of them: it is on its way.

    Takes an Idempotency-Key, so that a scan that is sent again does not take it from who got it meanwhile.
    """

    to = materials.Holder(body.person, body.vehicle, body.site, body.site_name)
    materials.hand_over(_me(request), key, to, how="scan", note=body.note)
    return 204, None
