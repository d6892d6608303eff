"""What people say is wrong, decided on the phone: contested hours, and corrections asked for in requests.

The same services, rights and words as on the pages of the platform; the person reads the answer where he asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from allconnects.accounts.access import TenantRequest, at_least
from allconnects.accounts.models import Account
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from allconnects.privacy.requests import answering, rectifying
from allconnects.privacy.requests.access import answers
from allconnects.privacy.requests.models import Correction
from allconnects.products.fleet_manager.given import number_of, uuid_of
from allconnects.reports import contests
from allconnects.reports.models import Contest, Outcome

_OUTCOMES = {True: Outcome.CORRECTED, False: Outcome.KEPT}


def contested(request: TenantRequest) -> list[dict[str, Any]]:
    """Hours and kilometres that people contest, the oldest first; for managers. The figures stand on their page alone,
    where reading them is written down."""
    if not at_least(request.role, "manager"):
        return []
    assert isinstance(request.user, Account)
    return [_contest(one) for one in contests.unanswered(request.user)]


def _contest(one: Contest) -> dict[str, Any]:
    return {
        "id": one.pk, "person": str(one.person_id), "name": one.person.name, "month": one.month, "day": one.day,
        "reason": one.reason, "said": one.said_at,
        "url": f"{reverse('reports:payroll_person', args=[one.person_id])}?month={one.month:%Y-%m}",
    }  # fmt: skip


def requested(request: TenantRequest) -> list[dict[str, Any]]:
    """Requests to correct something, for those who answer them. ``known``: who asks was checked, so it can be decided
    here; else on the page of the request."""
    if request.organisation is None or not answers(request):
        return []
    return [
        {
            "name": case.name, "due": case.due_on, "url": reverse("requests:case", args=[case.pk]),
            "known": bool(case.identity),
            "corrections": [
                {"id": one.pk, "what": rectifying.label(one.fact), "about": one.about, "from": one.measured,
                 "to": one.corrected}
                for one in corrections
            ],
        }
        for case, corrections in rectifying.waiting(request.organisation.pk)
    ]  # fmt: skip


def answer_contest(request: TenantRequest, body: Mapping[str, Any]) -> dict[str, Any]:
    """Contested hours are answered: corrected, or kept; the reason is what the person reads."""
    assert request.organisation is not None
    assert isinstance(request.user, Account)
    if not at_least(request.role, "manager"):
        raise Forbidden(_("Only managers answer this."))
    number, person = number_of(body.get("contest")), uuid_of(body.get("person"))
    if person is None:
        raise NotFound(_("There is no such person."))
    contests.answer(request.organisation.pk, request.user, person, number, _OUTCOMES[_accepts(body)], *_reason(body))
    return {"contest": number}


def decide_correction(request: TenantRequest, body: Mapping[str, Any]) -> dict[str, Any]:
    """One correction of a request is accepted or not; the request itself is answered on its page."""
    if not answers(request):
        raise Forbidden(_("Only those who answer requests decide this."))
    assert isinstance(request.user, Account)
    number, accepts = number_of(body.get("correction")), _accepts(body)
    found = Correction.objects.select_related("case").filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such correction."))
    answering.lock(found.case)
    reason, ready = _reason(body)
    rectifying.decide(found, accepts, reason, request.user, ready)
    return {"correction": number}


def _accepts(body: Mapping[str, Any]) -> bool:
    accepts = body.get("accept")
    if not isinstance(accepts, bool):
        raise InvalidInput(_("Choose what becomes of it."))
    return accepts


def _reason(body: Mapping[str, Any]) -> tuple[str, str]:
    """Own words, and the code of what stood ready."""
    words, ready = (str(body.get(name) or "").replace("\0", "") for name in ("reason", "ready"))
    return words[:1000], ready[:20]
