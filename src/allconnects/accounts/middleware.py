"""Who asks, for which organisation, in which language; every view runs in a transaction that says so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import translation

from allconnects.accounts.access import TenantRequest
from allconnects.accounts.actor import PROCESS, Actor, acting
from allconnects.accounts.models import Account, Organisation, Role
from allconnects.accounts.support import ROLE as SUPPORT
from allconnects.accounts.support import Support, guard
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, Forbidden, NotFound

PLAIN = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that answer without asking who is there, also while the database is away."""
CHOSEN = "organisation"
"""Key of the session that holds the organisation the account has chosen."""
_OF = (
    "SELECT *, NULL::integer AS support, NULL::varchar AS ticket, NULL::timestamptz AS until "
    "FROM accounts_organisations_of(%s) UNION ALL SELECT * FROM accounts_support_of(%s, %s)"
)
Handler = Callable[[HttpRequest], HttpResponseBase]


class Language:
    """The account's language, else the first of the browser's that we speak."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(self._choose(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
        return response

    def _choose(self, request: HttpRequest) -> str:
        if request.path not in PLAIN and isinstance(request.user, Account) and request.user.language:
            return request.user.language
        return translation.get_language_from_request(request)


class Tenancy:
    """Finds the organisation and role of a request and runs its view speaking for that organisation."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: TenantRequest) -> HttpResponseBase:
        request.organisation, request.role, request.token_scopes, request.organisations = None, None, None, []
        request.token_name, request.support = "", None
        if request.path not in PLAIN:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() == "bearer" and request.path.startswith("/api/"):
                _identify_by_token(request, token.strip())
            elif not scheme:
                _identify_by_session(request)
        return self.get_response(request)

    def process_view(
        self, request: TenantRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Run the view inside the transaction, unless it opens its own or is allauth's (before any tenant)."""
        if request.support is not None and request.organisation is not None:
            guard(request, request.organisation.pk, request.support)
        if getattr(view, "no_transaction", False) or view.__module__.startswith("allauth."):
            return None
        if iscoroutinefunction(view):
            raise ImproperlyConfigured("an asynchronous view must be marked no_transaction")
        organisation = request.organisation.pk if request.organisation else None
        account = request.user.pk if request.role else None
        try:
            with acting(_actor(request)), speaking_for(organisation, account):
                return _settle(view(request, *args, **kwargs))
        except AllconnectsError as error:
            return _answer(request, error)


def _actor(request: TenantRequest) -> Actor:
    if token := getattr(request, "token_name", ""):
        return Actor(token, "token")
    if request.user.is_authenticated:
        role = SUPPORT if request.support is not None else request.role or ""
        return Actor(f"account:{request.user.pk}", role)
    return PROCESS


def _settle(response: Any) -> HttpResponseBase:
    """Render while the tenant is known; an answer that refuses leaves nothing half written."""
    if callable(getattr(response, "render", None)):
        response = response.render()
    if response.status_code >= 400:
        transaction.set_rollback(True)
    assert isinstance(response, HttpResponseBase)
    return response


def _answer(request: HttpRequest, error: AllconnectsError) -> HttpResponseBase:
    if isinstance(error, NotFound):
        raise Http404 from error
    if isinstance(error, Forbidden):
        raise PermissionDenied from error
    return render(request, "error.html", {"status": error.status, "message": error.message}, status=error.status)


def _identify_by_session(request: TenantRequest) -> None:
    if not request.user.is_authenticated:
        return
    request.organisations = list(Organisation.objects.raw(_OF, [request.user.pk, request.user.pk, clock.now()]))
    if not request.organisations:
        return
    chosen = request.session.get(CHOSEN)
    request.organisation = next((o for o in request.organisations if o.pk == chosen), request.organisations[0])
    request.role = request.organisation.role  # type: ignore[attr-defined]
    if request.role == SUPPORT:
        row: Any = request.organisation
        request.role, request.support = Role.VIEWER.value, Support(row.support, row.ticket, row.until)


def _identify_by_token(request: TenantRequest, token: str) -> None:
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = list(Organisation.objects.raw("SELECT * FROM accounts_token(%s, %s)", [digest, clock.now().date()]))
    if found:
        request.organisation = found[0]
        request.token_name = f"token:{found[0].token}"  # type: ignore[attr-defined]
        request.token_scopes = frozenset(found[0].scopes)  # type: ignore[attr-defined]
