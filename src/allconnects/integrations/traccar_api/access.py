"""Programs that know only Traccar sign in with HTTP Basic: any user name, an API token as the password."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse

from allconnects.accounts.access import TenantRequest, no_transaction
from allconnects.accounts.actor import Actor, acting
from allconnects.accounts.models import Organisation
from allconnects.accounts.services import digest
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError

View = Callable[[HttpRequest], Any]


def readable(scope: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Decorator: the view runs for the token's organisation and gives data for JSON. 401 without, 403 beyond it."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @no_transaction
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            if request.method != "GET":
                return HttpResponse(status=405, headers={"Allow": "GET"})
            organisation, scopes = _who(request.headers.get("Authorization", ""))
            if organisation is None:
                return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="allconnects"'})
            if scope not in scopes:
                return HttpResponse(status=403)
            try:
                cast(TenantRequest, request).organisation = organisation
                token = Actor(f"token:{organisation.token}", "token")  # type: ignore[attr-defined]
                with acting(token), speaking_for(organisation.pk):
                    return JsonResponse(view(request), safe=False)
            except AllconnectsError as error:
                return HttpResponse(status=error.status)

        return answer

    return decorate


def _who(header: str) -> tuple[Organisation | None, frozenset[str]]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        token = value.strip()
    elif scheme.lower() == "basic":
        try:
            token = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None, frozenset()
    else:
        return None, frozenset()
    found = list(Organisation.objects.raw("SELECT * FROM accounts_token(%s, %s)", [digest(token), clock.now().date()]))
    return (found[0], frozenset(found[0].scopes)) if found else (None, frozenset())  # type: ignore[attr-defined]
