"""The endpoint: SCIM 2.0 (RFC 7643, 7644), users only, for programs with a token of the scope ``directory:write``."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from allconnects.accounts.access import TenantRequest
from allconnects.integrations.scim import documents, patches, services, shapes
from allconnects.integrations.scim.errors import ScimError, invalid
from allconnects.integrations.scim.models import DirectoryUser
from allconnects.kit.errors import AllconnectsError

SCOPE = "directory:write"
TYPE = "application/scim+json"
MOST = 200
LARGEST = 64 * 1024
View = Callable[..., HttpResponse]


def _answer(body: Any, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(json.dumps(body) if body is not None else b"", TYPE, status, headers=headers)


def directory(*methods: str) -> Callable[[View], View]:
    """Decorator: only for tokens with the scope, only these methods, every error in the form of RFC 7644."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def checked(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                _check(request, methods)
                return view(request, *args, **kwargs)
            except ScimError as error:
                headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
                return _answer(error.body(), error.status, **headers)
            except AllconnectsError as error:
                return _answer(ScimError(error.status, error.message).body(), error.status)

        return checked

    return decorate


def _check(request: TenantRequest, methods: tuple[str, ...]) -> None:
    if request.organisation is None or request.token_scopes is None:
        raise ScimError(401, "send a token as Authorization: Bearer")
    if SCOPE not in request.token_scopes:
        raise ScimError(403, f"the token needs the scope {SCOPE}")
    if request.method not in methods:
        raise ScimError(405, "this method is not for this address")


def _base(request: TenantRequest) -> str:
    return request.build_absolute_uri("/api/scim/v2")


def _body(request: TenantRequest) -> dict[str, Any]:
    if len(request.body) > LARGEST:
        raise ScimError(413, "the request is too large")
    try:
        found = json.loads(request.body)
    except ValueError:
        raise invalid("the body is not JSON", "invalidSyntax") from None
    if not isinstance(found, dict):
        raise invalid("the body is not an object", "invalidSyntax")
    return found


def _user(request: TenantRequest, row: DirectoryUser, status: int = 200) -> HttpResponse:
    shown = shapes.user(row, _base(request))
    meta = shown["meta"]
    return _answer(shown, status, ETag=meta["version"], Location=meta["location"])


def _number(request: TenantRequest, name: str, default: int) -> int:
    try:
        return int(request.GET.get(name, default))
    except ValueError:
        raise invalid(f"{name} is a number") from None


@directory("GET", "POST")
def users(request: TenantRequest) -> HttpResponse:
    """List and filter; take somebody in."""
    assert request.organisation is not None
    if request.method == "POST":
        values = shapes.columns(_body(request), whole=True)
        return _user(request, services.create(request.organisation, values), 201)
    start = max(1, _number(request, "startIndex", 1))
    count = min(max(0, _number(request, "count", services.PAGE)), MOST)
    rows, total = services.find(request.organisation, request.GET.get("filter", ""), start, count)
    return _answer(shapes.listed([shapes.user(row, _base(request)) for row in rows], total, start))


@directory("GET", "PUT", "PATCH", "DELETE")
def user(request: TenantRequest, key: UUID) -> HttpResponse:
    """One user: read, replaced, changed, removed."""
    row = services.get(key)
    if request.method == "GET":
        return _user(request, row)
    wanted = request.headers.get("If-Match", "*")
    if wanted not in ("*", f'W/"{row.version}"'):
        raise ScimError(412, "the user was changed meanwhile")
    by = request.token_name
    if request.method == "DELETE":
        services.remove(row, by)
        return HttpResponse(status=204)
    body = _body(request)
    values = shapes.columns(body, whole=True) if request.method == "PUT" else patches.changes(body)
    return _user(request, services.change(row, values, by))


@directory("GET")
def config(request: TenantRequest) -> HttpResponse:
    """What is supported."""
    return _answer(documents.config(_base(request)))


@directory("GET")
def types(request: TenantRequest) -> HttpResponse:
    """Kinds of resources."""
    return _answer(documents.types(_base(request)))


@directory("GET")
def schemas(request: TenantRequest) -> HttpResponse:
    """Attributes."""
    return _answer(documents.schemas(_base(request)))


@directory("GET", "POST", "PUT", "PATCH", "DELETE")
def unknown(request: TenantRequest, rest: str) -> HttpResponse:  # noqa: ARG001
    """Anything else, such as groups: not here."""
    raise ScimError(404, "there is no such resource")
