"""Pages for what goes wrong; the API gets the same as problem documents."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string, select_template
from django.utils.translation import gettext as _

from allconnects.accounts.access import TenantRequest
from allconnects.accounts.models import Role
from allconnects.privacy.consents import ledger
from allconnects.products.live_connects.first_hour import begins_here
from allconnects.site import problems

CONSENTS = ("/privacy/consents/", "/newsletter/")
"""Paths whose writes are proof: one that is not ours is written down as turned away."""


def home(request: TenantRequest) -> HttpResponse:
    """Where one's day begins: the map; the first steps while nothing can be on it; one's own day for drivers."""
    if request.role == Role.DRIVER:
        return redirect("/driver/")
    return redirect("/start/" if begins_here(request) else "/map/")


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _page(request: HttpRequest, status: int, message: str) -> HttpResponse:
    template = select_template([f"{status}.html", "error.html"])
    return HttpResponse(template.render({"status": status, "message": message}, request), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The request could not be understood."""
    if _is_api(request):
        return problems.problem(400, "malformed", _("The request could not be understood."))
    return HttpResponse(_("The request could not be understood."), status=400, content_type="text/plain")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The caller's role is too low."""
    if _is_api(request):
        return problems.forbidden(request)
    return _page(request, 403, _("Your role does not allow this. An owner of your organisation can change that."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came from elsewhere, or from a page that stood open across a sign-in."""
    if _is_api(request):
        return problems.forbidden(request)
    if request.path.startswith(CONSENTS):
        ledger.reject("cross_origin", "form")
    return _page(request, 403, _("This form is too old or came from elsewhere. Go back, reload and try again."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is no such page, or not for this organisation."""
    if _is_api(request):
        return problems.not_found(request)
    return _page(request, 404, _("There is nothing here, or it belongs to somebody else."))


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A rate limit was reached."""
    if _is_api(request):
        return problems.problem(429, "too_many_requests", _("Too many requests; try again later."))
    return _page(request, 429, _("That was too often in a short time. Wait a few minutes and try again."))


def failed(request: HttpRequest) -> HttpResponse:
    """Our fault. Without the request's context, because reading that may be what failed."""
    if _is_api(request):
        return problems.failed(request)
    message = _("Something went wrong on our side. It has been recorded; try again in a moment.")
    return HttpResponse(render_to_string("500.html", {"status": 500, "message": message}), status=500)
