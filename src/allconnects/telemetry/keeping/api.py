"""REST operations on how long history is kept, and on proof of what went."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.privacy.retention import MOST_DAYS
from allconnects.telemetry.keeping import services
from allconnects.telemetry.keeping.models import FREE_DAYS, Certificate

router = Router(tags=["retention"])


class RetentionOut(Schema):
    """How long positions are kept. ``decided_at`` null: nobody decided, the time that the platform is set to holds."""

    days: int
    days_without_obligation: int
    most_days: int
    obligation: str
    citation: str
    decided_by: str
    decided_at: datetime | None


class CertificateOut(Schema):
    """Proof that data of some days are gone. ``digest``: SHA-256 over what went.

    ``held``: rows of those days that stayed, because they are restricted or held for a claim.
    """

    id: int
    dataset: str
    first_day: date
    end_day: date
    reason: str
    count: int
    bytes: int
    digest: str
    at: datetime
    held: int


class CertificatesOut(Schema):
    """A page, newest first. ``next_before``: ask with ``before`` set to this for the next one; null at the end."""

    items: list[CertificateOut]
    next_before: int | None


@router.get("/retention", response=RetentionOut, auth=ApiAuth("retention:read"), url_name="retention")
def retention(request: HttpRequest) -> dict[str, Any]:
    """How long positions of the organisation are kept, and on what ground."""
    held = services.decision()
    return {
        "days": services.days_kept(),
        "days_without_obligation": FREE_DAYS,
        "most_days": MOST_DAYS,
        "obligation": held.obligation if held else "",
        "citation": held.citation if held else "",
        "decided_by": held.decided_by if held else "",
        "decided_at": held.at if held else None,
    }


@router.get("/certificates", response=CertificatesOut, auth=ApiAuth("retention:read"), url_name="certificates")
def certificates(
    request: TenantRequest,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Proof of what went for its age."""
    assert request.organisation is not None
    found = services.certificates(request.organisation)
    if before is not None:
        found = found.filter(pk__lt=before)
    items: list[Certificate] = list(found[: limit + 1])
    more = len(items) > limit
    return {"items": items[:limit], "next_before": items[limit - 1].pk if more else None}
