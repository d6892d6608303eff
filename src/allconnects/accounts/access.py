"""Who may: roles for pages, scopes for programs, and the marks that views carry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from ninja.errors import AuthenticationError, HttpError
from ninja.utils import check_csrf

from allconnects.accounts.models import Organisation, Role

RANK = {Role.DRIVER: 0, Role.VIEWER: 1, Role.PLANNER: 2, Role.MANAGER: 3, Role.OWNER: 4}
SCOPES = {
    "positions:read": Role.VIEWER,
    "devices:read": Role.VIEWER,
    "devices:write": Role.MANAGER,
    "devices:waiting": Role.MANAGER,
    "devices:command": Role.MANAGER,
    "commands:read": Role.MANAGER,
    "events:read": Role.PLANNER,
    "members:read": Role.MANAGER,
    "reports:read": Role.PLANNER,
    "reports:audit": Role.MANAGER,
    "register:read": Role.VIEWER,
    "register:write": Role.MANAGER,
    "people:read": Role.PLANNER,
    "people:write": Role.MANAGER,
    "occupancy:read": Role.PLANNER,
    "occupancy:write": Role.PLANNER,
    "custody:write": Role.PLANNER,
    "maintenance:read": Role.VIEWER,
    "maintenance:enter": Role.DRIVER,
    "maintenance:write": Role.MANAGER,
    "messages:read": Role.DRIVER,
    "messages:write": Role.DRIVER,
    "places:read": Role.VIEWER,
    "places:write": Role.PLANNER,
    "visits:read": Role.PLANNER,
    "retention:read": Role.MANAGER,
    "alerts:read": Role.VIEWER,
    "alerts:handle": Role.PLANNER,
    "rules:read": Role.MANAGER,
    "rules:write": Role.MANAGER,
    "webhooks:read": Role.MANAGER,
    "webhooks:write": Role.MANAGER,
    "forwarding:read": Role.MANAGER,
    "forwarding:write": Role.MANAGER,
    "trips:read": Role.VIEWER,
    "trips:write": Role.PLANNER,
    "trips:rules": Role.MANAGER,
    "directory:write": Role.MANAGER,
}
"""What a token may do, with the lowest role that a person needs for the same."""

View = TypeVar("View", bound=Callable[..., Any])


class TenantRequest(HttpRequest):
    """A request after ``accounts.middleware.Tenancy``; ``organisation`` is None for strangers."""

    organisation: Organisation | None
    organisations: list[Organisation]
    role: str | None
    token_scopes: frozenset[str] | None
    token_name: str
    support: Any
    """The grant (``accounts.support.Support``) under which staff of the operator look, or None."""


def at_least(role: str | None, needed: str) -> bool:
    """Whether a role may do what ``needed`` may; nobody's role is None."""
    return role is not None and RANK[Role(role)] >= RANK[Role(needed)]


def no_transaction(view: View) -> View:
    """Mark a view that opens its own short transactions: streams, and pages read before a tenant is known."""
    view.no_transaction = True  # type: ignore[attr-defined]
    return view


def refusal(request: TenantRequest, needed: str) -> HttpResponseBase | None:
    """The answer to a caller whose role is too low: sign-in for strangers, else a page with 403. None lets pass."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    if request.organisation is None:
        return render(request, "accounts/no_organisation.html", status=403)
    if not at_least(request.role, needed):
        raise PermissionDenied
    return None


def member(needed: str) -> Callable[[View], View]:
    """Decorator of a page for members with at least that role; works for plain and asynchronous views."""
    Role(needed)

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def asynchronous(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
                refused = refusal(request, needed)
                return refused or await cast(Awaitable[HttpResponseBase], view(request, *args, **kwargs))

            return cast(View, asynchronous)

        @wraps(view)
        def plain(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return refusal(request, needed) or cast(HttpResponseBase, view(request, *args, **kwargs))

        return cast(View, plain)

    return decorate


class ApiAuth:
    """Authentication of an API operation: a token with that scope, or a signed-in member with its role.

    A request that carries a token is judged by the token alone. With a session cookie, whatever changes
    something needs the CSRF token as well.
    """

    def __init__(self, scope: str) -> None:
        self.scope, self.role = scope, SCOPES[scope]

    def __call__(self, request: TenantRequest) -> Organisation:
        if request.token_scopes is not None:
            return self._allow(request, self.scope in request.token_scopes)
        if "Authorization" in request.headers or not request.user.is_authenticated:
            raise AuthenticationError
        if check_csrf(request) is not None:
            raise HttpError(403, "CSRF")
        return self._allow(request, at_least(request.role, self.role))

    def _allow(self, request: TenantRequest, allowed: bool) -> Organisation:
        if not allowed or request.organisation is None:
            raise PermissionDenied
        return request.organisation
