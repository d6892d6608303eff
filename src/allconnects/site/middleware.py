"""Headers that keep a page to itself, and connections that go back while a stream stays open."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware

Handler = Callable[[HttpRequest], HttpResponseBase]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""No page asks anything of anybody else, and nothing runs that we did not serve as a file."""

SIGN_OUT = "/accounts/logout/"
"""Whoever signs out leaves nothing in the browser: neither an app that works offline nor what it has kept."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(self), gyroscope=(), magnetometer=(), "
        "microphone=(), payment=(), publickey-credentials-create=(self), publickey-credentials-get=(self), usb=()"
    ),
}


class SecurityHeaders:
    """Adds the headers to every answer, also to files and errors; what a view set itself stays."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.method == "POST" and request.path == SIGN_OUT and response.status_code < 400:
            response.headers["Clear-Site-Data"] = '"storage"'
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class ReleaseConnection:
    """Gives the database connection back before a stream begins: streams last for hours, the pool has ten.

    Django itself does so only when a response is closed. Stands outside of whatever reads or writes the session.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.streaming and not connection.in_atomic_block:
            connection.close()
        return response


class ApiConditional(ConditionalGetMiddleware):
    """Every answer of the API to a GET has an ETag, and is not sent again to who has it already (RFC 9110, 13.1.2)."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, or 304 without content."""
        if not request.path.startswith("/api/v1/") or response.status_code != 200:
            return response
        return super().process_response(request, response)
