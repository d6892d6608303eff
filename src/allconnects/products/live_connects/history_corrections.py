"""People say what a trip really was: join, divide, correct, take back. The reason is not optional."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects.history_views import CORRECTS, PURPOSES, asked_day, organisation_of, who_asks
from allconnects.telemetry import services as telemetry
from allconnects.trips import services as trips
from allconnects.trips.purposes import Closed
from allconnects.trips.stored import Change

_LONGEST_REASON = 500
_LONGEST_PLACE = 200
_FARTHEST_KM = 20_000


def _answer(request: TenantRequest, device: int, act: Callable[[], Any], done: str) -> HttpResponse:
    """Do it and go back to the day; what cannot be done is told there."""
    telemetry.device_details(device)
    try:
        with transaction.atomic():
            act()
    except (InvalidInput, Closed) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect(f"{reverse('history:day', kwargs={'device': device})}?day={asked_day(request).isoformat()}")


def _reason(request: TenantRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise InvalidInput(_("Say why in a few words: the reason stays visible beside the trip."))
    return reason


def _number(request: TenantRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput(_("This trip is not there any more. Look at the day again."))
    return int(text)


def _own(organisation: int, device: int, *numbers: int) -> list[int]:
    """The trips, made sure to be of the device in the address. Raises NotFound."""
    for number in numbers:
        if trips.trip_by_id(organisation, number).device != device:
            raise NotFound(_("There is no such trip."))
    return list(numbers)


@require_POST
@member(CORRECTS)
def merge(request: TenantRequest, device: int) -> HttpResponse:
    """Make one trip of a trip and the next."""
    organisation = organisation_of(request).pk

    def act() -> None:
        both = _own(organisation, device, _number(request, "trip"), _number(request, "next"))
        trips.merge(organisation, both, reason=_reason(request), who=who_asks(request))

    return _answer(request, device, act, _("The two trips are one now."))


@require_POST
@member(CORRECTS)
def split(request: TenantRequest, device: int) -> HttpResponse:
    """Divide a trip at a moment (ms since 1970)."""
    organisation = organisation_of(request).pk

    def act() -> None:
        (trip,) = _own(organisation, device, _number(request, "trip"))
        at = datetime.fromtimestamp(_number(request, "at") % 10**14 / 1000, UTC)
        trips.split(organisation, trip, at, reason=_reason(request), who=who_asks(request))

    return _answer(request, device, act, _("The trip is two now."))


@require_POST
@member(CORRECTS)
def correct(request: TenantRequest, device: int) -> HttpResponse:
    """Correct places, distance and purpose; what is left as it was is not a correction."""
    organisation = organisation_of(request).pk

    def act() -> None:
        (trip,) = _own(organisation, device, _number(request, "trip"))
        change = _change(request, organisation, trip)
        trips.correct(organisation, trip, change, reason=_reason(request), who=who_asks(request))

    return _answer(request, device, act, _("Corrected. The computed value stays visible."))


def _change(request: TenantRequest, organisation: int, number: int) -> Change:
    (trip,) = trips.named(organisation, [trips.trip_by_id(organisation, number)], request.user.pk)
    given = {
        "start_place": _place(request, "start_place", trip.start_place),
        "end_place": _place(request, "end_place", trip.end_place),
        "distance_m": _distance(request, trip.distance_m),
        "purpose": _purpose(request, trip.purpose),
    }
    if all(value is None for value in given.values()):
        raise InvalidInput(_("Nothing was changed."))
    return Change(**given)  # type: ignore[arg-type]


def _place(request: TenantRequest, name: str, present: str) -> str | None:
    given = request.POST.get(name, present).strip()
    if len(given) > _LONGEST_PLACE or not given.isprintable():
        raise InvalidInput(_("The name of the place is too long."))
    return given if given != present else None


def _distance(request: TenantRequest, present_m: float) -> float | None:
    """Kilometres as people write them: 12,5 or 12.5."""
    text = request.POST.get("km", "").strip().replace(",", ".")
    if not text or text == f"{present_m / 1000:.1f}":
        return None
    try:
        km = float(text)
    except ValueError:
        km = -1.0
    if not 0 <= km <= _FARTHEST_KM:
        raise InvalidInput(_("The distance must be a number of kilometres."))
    return round(km * 1000, 1)


def _purpose(request: TenantRequest, present: str) -> str | None:
    given = request.POST.get("purpose", present)
    if given not in PURPOSES:
        raise InvalidInput(_("This purpose is not known."))
    return given if given != present else None


@require_POST
@member(CORRECTS)
def undo(request: TenantRequest, device: int) -> HttpResponse:
    """Take a correction back."""
    organisation = organisation_of(request).pk

    def act() -> None:
        trips.undo(organisation, _number(request, "correction"), reason=_reason(request), who=who_asks(request))

    return _answer(request, device, act, _("The correction is taken back."))
