"""Errors of the API as problem documents (RFC 9457): a stable code, a status, a sentence, nothing personal."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from allconnects.kit.errors import AllconnectsError


def problem(status: int, code: str, title: str, **more: Any) -> HttpResponse:
    """One problem document."""
    body = {"type": "about:blank", "status": status, "code": code, "title": title, **more}
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def not_found(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    """No such thing, or not for this caller; the two are not told apart."""
    return problem(404, "not_found", _("There is no such thing here."))


def forbidden(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    """Known, but may not."""
    return problem(403, "forbidden", _("You may not do this."))


def failed(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    """Our fault; what happened is in the log, not in the answer."""
    return problem(500, "error", _("Something went wrong on our side."))


def _unauthenticated(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(401, "unauthenticated", _("Sign in, or send a valid token."))


def _expected(request: HttpRequest, error: AllconnectsError) -> HttpResponse:
    return problem(error.status, error.code, error.message)


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Where and why; never the value that was sent, which may be personal."""
    errors = [
        {"at": ".".join(str(part) for part in item.get("loc", ())), "why": item.get("msg", "")} for item in error.errors
    ]
    return problem(422, "invalid", _("What was sent cannot be accepted as it is."), errors=errors)


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    code = {400: "malformed", 403: "forbidden", 404: "not_found", 429: "too_many_requests"}
    return problem(error.status_code, code.get(error.status_code, "error"), error.message)


def _throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    return problem(429, "too_many_requests", _("Too many requests; try again later."))


def install(api: NinjaAPI) -> None:
    """Answer every expected error of an API with a problem document."""
    handlers: dict[type[Exception], Any] = {
        AllconnectsError: _expected,
        ValidationError: _invalid,
        AuthenticationError: _unauthenticated,
        Throttled: _throttled,
        HttpError: _http,
        Http404: not_found,
        PermissionDenied: forbidden,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
