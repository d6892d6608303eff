"""Who answers requests: the owners of an organisation, and members whom an owner named for it (a DPO)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase

from allconnects.accounts.access import TenantRequest, at_least, refusal
from allconnects.accounts.models import Role
from allconnects.privacy.requests.models import Officer

View = TypeVar("View", bound=Callable[..., Any])


def answers(request: TenantRequest) -> bool:
    """Whether whoever asks may see and answer requests here. Inside of the tenant's transaction."""
    if request.organisation is None or request.role is None:
        return False
    return at_least(request.role, Role.OWNER) or Officer.objects.filter(account_id=int(request.user.pk or 0)).exists()


def officer(view: View) -> View:
    """Decorator of a page for those who answer requests."""

    @wraps(view)
    def guarded(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = refusal(request, Role.DRIVER)
        if refused is not None:
            return refused
        if not answers(request):
            raise PermissionDenied
        return cast(HttpResponseBase, view(request, *args, **kwargs))

    return cast(View, guarded)
