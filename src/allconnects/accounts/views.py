"""Pages about organisations and one's own account."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import Account, Theme


def back(request: TenantRequest) -> HttpResponse:
    """Where the form says it came from, if that is a page of ours, else the start page."""
    target = request.POST.get("next", "")
    secure = request.is_secure()
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=secure):
        target = "/"
    return HttpResponseRedirect(target)


@require_POST
def preferences(request: TenantRequest) -> HttpResponse:
    """Set the theme of the account; a stranger's browser remembers its own."""
    theme = request.POST.get("theme", "").replace("auto", "")
    if isinstance(request.user, Account) and theme in Theme.values:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    return back(request)


@require_POST
def set_language(request: TenantRequest) -> HttpResponse:
    """Set the language of the account, and of this browser for the pages before sign-in."""
    response = back(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        if isinstance(request.user, Account):
            request.user.language = language
            request.user.save(update_fields=["language"])
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86400, samesite="Lax", httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response


@member("viewer")
def members(request: TenantRequest) -> HttpResponse:
    """The organisation and its people."""
    return render(request, "accounts/organisation.html")
