"""The national number on the page of a person: entered, replaced, taken away; never shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.actor import current
from allconnects.fleet.kinds import PERSON
from allconnects.fleet.services import register
from allconnects.kit.errors import AllconnectsError, InvalidInput
from allconnects.privacy.audit import service as audit
from allconnects.privacy.numbers import service as numbers
from allconnects.products.live_connects.register.common import attempt


def part(organisation: int, person: UUID) -> dict[str, Any]:
    """Since when there is a number, and what it was used for. A vault that is away breaks no page."""
    try:
        since = numbers.entered(organisation, [person]).get(person)
        return {"number": {"since": since, "uses": numbers.used(organisation, person, 10) if since else []}}
    except AllconnectsError:
        return {"number": {"away": True}}


@require_POST
@member("manager")
@sensitive_post_parameters("number")
def enter(request: TenantRequest, key: UUID) -> HttpResponse:
    """Keep a number, or take it away. What was typed is never sent back."""
    assert request.organisation is not None
    row = register.get(PERSON, key)
    organisation, taken = request.organisation.pk, request.POST.get("act") == "forget"

    def act() -> bool:
        given = request.POST.get("number", "")
        if not taken and not given.strip():
            raise InvalidInput(_("Enter the eleven digits of the number."))
        if taken:
            numbers.forget(organisation, row.pk)
        else:
            numbers.enter(organisation, row.pk, given)
        with connection.cursor() as cursor:
            action = "number.forgotten" if taken else "number.entered"
            audit.record(cursor, organisation, current().name, action, f"person:{row.pk}")
        return True

    attempt(request, act, _("The number is taken away.") if taken else _("The number is kept, encrypted."))
    return redirect("register:detail", path="people", key=row.pk)
