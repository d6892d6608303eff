"""What a request under a support grant may do: read, as a viewer; every page is written down before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from allconnects.accounts.models import SupportVisit
from allconnects.accounts.tenancy import speaking_for

ROLE = "support"
"""What the access log says of the reader; never the role of a membership."""
_FREE = frozenset(
    {"organisation:choose", "account_logout", "set_language", "preferences", "support:ask", "support:stop"}
)
"""Addresses that may be posted to: they change nothing of the customer."""
_UNTOLD = ("account_", "mfa_", "basemap:", "set_language", "preferences", "support:", "home", "healthz", "readyz")
"""Addresses that show nothing of the customer."""


@dataclass(frozen=True, slots=True)
class Support:
    """The grant that a request is made under."""

    grant: int
    ticket: str
    until: datetime


def guard(request: HttpRequest, organisation: int, support: Support) -> None:
    """Refuse what changes something, write down what is opened. What fails here shows nothing.

    Raises PermissionDenied.
    """
    name = request.resolver_match.view_name if request.resolver_match else ""
    if request.method not in ("GET", "HEAD", "OPTIONS") and name not in _FREE:
        raise PermissionDenied
    if not name.startswith(_UNTOLD):
        with speaking_for(organisation):
            SupportVisit.objects.create(organisation_id=organisation, grant_id=support.grant, view=name[:60])
