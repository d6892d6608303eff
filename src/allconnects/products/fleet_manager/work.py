"""What the phone app asks and does about today's trips and what waits for a decision.

Every press of the app carries an idempotency key: sent again after a lost answer, it is done once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.fleet import rest
from allconnects.fleet.models import Person, Question, Vehicle
from allconnects.fleet.services import inbox, open_stays
from allconnects.fleet.who import who
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, Forbidden, InvalidInput
from allconnects.products.fleet_manager import said
from allconnects.products.fleet_manager.given import number_of, uuid_of
from allconnects.reports import unclosed
from allconnects.telemetry import services as devices
from allconnects.telemetry.models import Device
from allconnects.telemetry.store.segments import bounds
from allconnects.trips import services as trips
from allconnects.trips.stored import Change, StoredTrip

MOST = 2000
"""Trips of a day that a phone is given; a larger fleet chooses a vehicle first."""
DAYS_BACK = frozenset("1234567")
"""Days before today that it may ask for."""


@require_GET
@never_cache
@member("viewer")
def day(request: TenantRequest) -> HttpResponse:
    """Trips of today, or of one of the last seven days (``back``), the latest first; of one vehicle if it is named."""
    assert request.organisation is not None
    back, asked = request.GET.get("back", "0"), request.GET.get("vehicle", "")
    start, end = bounds(clock.today() - timedelta(days=int(back) if back in DAYS_BACK else 0))
    vehicle = int(asked) if asked.isdigit() and len(asked) < 10 else None
    organisation = request.organisation.pk
    rows = trips.trips_between(organisation, start, end, vehicle=vehicle, limit=MOST + 1)
    found = trips.named(organisation, rows, request.user.pk)
    people = _people({one.person for one in found[:MOST]}) if at_least(request.role, "planner") else {}
    return JsonResponse({"trips": _told(found[:MOST], people), "more": len(found) > MOST})


def _people(of: set[UUID | None]) -> dict[UUID, str]:
    rows = Person.objects.filter(pk__in=[one for one in of if one], archived_at=None)
    return {key: f"{first} {last}".strip() for key, first, last in rows.values_list("pk", "first_name", "last_name")}


def _told(found: list[StoredTrip], people: Mapping[UUID, str]) -> list[dict[str, Any]]:
    seen, alone = {one.vehicle for one in found if one.vehicle}, {one.device for one in found if not one.vehicle}
    vehicles = dict(Vehicle.objects.filter(pk__in=seen).values_list("pk", "name"))
    plain = dict(Device.objects.filter(pk__in=alone).values_list("pk", "name"))
    return [
        {
            "id": one.id, "vehicle": one.vehicle, "device": one.device,
            "name": vehicles.get(one.vehicle or 0) or plain.get(one.device, ""),
            "start": one.start, "end": None if one.still_open else one.end,
            "from": one.start_name, "to": one.end_name, "km": round(one.distance_m / 1000, 1), "purpose": one.purpose,
            "person": str(one.person) if one.person in people else "",
            "driver": people.get(one.person, "") if one.person else "",
            "corrections": list(one.corrections), "hidden": one.hidden,
        }
        for one in sorted(found, key=lambda one: one.start, reverse=True)
    ]  # fmt: skip


@require_GET
@never_cache
@member("planner")
def waiting(request: TenantRequest) -> HttpResponse:
    """What waits for a decision: forgotten and unknown badges, two drivers at once, stays that nobody closed; for
    managers unknown devices and contested hours; for those who answer requests what people ask to have corrected."""
    assert request.organisation is not None
    questions = inbox.waiting()
    sites = unclosed.site_names(request.organisation.pk, questions)
    unknown = devices.unknown_devices(request.organisation) if at_least(request.role, "manager") else []
    return JsonResponse(
        {
            "questions": [_question(one, sites.get(one.pk, "")) for one in questions],
            "devices": [
                {"protocol": one.protocol, "identifier": one.identifier, "seen": one.last_seen} for one in unknown
            ],
            "contests": said.contested(request),
            "requests": said.requested(request),
        }
    )


def _question(one: Question, site: str) -> dict[str, Any]:
    return {
        "id": one.pk, "kind": one.kind, "title": one.get_kind_display(), "vehicle": one.vehicle.name,
        "person": one.person.name if one.person else "", "last4": one.event.last4 if one.event else "",
        "since": one.event.at if one.event else one.during.lower, "until": one.during.upper, "asked": one.asked_at,
        "site": site,
    }  # fmt: skip


@require_POST
@member("planner")
def act(request: TenantRequest) -> HttpResponse:
    """One decision: JSON with ``act`` and what it needs. Done once for an Idempotency-Key, whole or not at all."""
    try:
        body = json.loads(request.body or b"{}")
        if not isinstance(body, dict) or body.get("act") not in ACTS:
            raise InvalidInput(_("This is not known here."))
        with transaction.atomic():
            status, answer = rest.once(request, who(request), lambda: ACTS[body["act"]](request, body))
    except ValueError:
        return JsonResponse({"title": _("This is not known here.")}, status=422)
    except AllconnectsError as error:
        return JsonResponse({"title": error.message}, status=error.status)
    return JsonResponse(answer, status=status)


def _trip(request: TenantRequest, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a trip was for, and who drove."""
    assert request.organisation is not None
    change = Change(
        person=uuid_of(body.get("person")), nobody=body.get("nobody") is True, purpose=body.get("purpose") or None
    )
    reason = str(body.get("reason") or _("Corrected on the phone"))[:200]
    one = trips.correct(request.organisation.pk, number_of(body.get("trip")), change, reason=reason, who=_name(request))
    return {"trip": one.id, "corrections": list(one.corrections)}


def _undo_trip(request: TenantRequest, body: Mapping[str, Any]) -> dict[str, Any]:
    """A correction is taken back."""
    assert request.organisation is not None
    number, reason = number_of(body.get("correction")), _("Taken back on the phone")
    trips.undo(request.organisation.pk, number, reason=reason, who=_name(request))
    return {"correction": number}


def _decide(request: TenantRequest, body: Mapping[str, Any]) -> dict[str, Any]:
    """A question of the inbox is answered."""
    me, number, choice = who(request), number_of(body.get("question")), body.get("choice")
    if choice == "ignore":
        inbox.ignore(me, number)
    elif choice == "end":
        inbox.end_stay(me, number, _moment(body.get("end")))
    elif choice == "left":
        open_stays.end(me, number, _moment(body.get("end")))
    elif choice == "absent":
        open_stays.absent(me, number)
    elif choice in ("driver", "assign"):
        person = uuid_of(body.get("person"))
        if person is None:
            raise InvalidInput(_("Choose a person."))
        if choice == "driver":
            inbox.name_driver(me, number, person)
        else:
            inbox.assign_badge(me, number, person)
    else:
        raise InvalidInput(_("This is not known here."))
    return {"question": number}


def _device(request: TenantRequest, body: Mapping[str, Any]) -> dict[str, Any]:
    """An unknown device is taken or dismissed; for managers."""
    assert request.organisation is not None
    if not at_least(request.role, "manager"):
        raise Forbidden(_("Only managers take devices."))
    protocol, identifier = str(body.get("protocol", ""))[:40], str(body.get("identifier", ""))[:80]
    if body.get("choice") == "dismiss":
        devices.dismiss_unknown(request.organisation, protocol, identifier)
        return {"device": None}
    name = str(body.get("name", "")).strip()
    return {"device": devices.accept_unknown(request.organisation, protocol, identifier, name, "vehicle").pk}


ACTS: dict[str, Callable[[TenantRequest, Mapping[str, Any]], dict[str, Any]]] = {
    "trip": _trip,
    "undo_trip": _undo_trip,
    "question": _decide,
    "device": _device,
    "contest": said.answer_contest,
    "correction": said.decide_correction,
}


def _name(request: TenantRequest) -> str:
    return f"account:{request.user.pk}"


def _moment(value: Any) -> datetime:
    found = parse_datetime(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidInput(_("Say when it was."))
    return found if found.tzinfo else found.replace(tzinfo=clock.BRUSSELS)
