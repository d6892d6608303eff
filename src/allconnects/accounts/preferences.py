"""One's own name, language and theme; before sign-in a cookie remembers the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.languages import language_of
from allconnects.accounts.models import Account, Theme

if TYPE_CHECKING:
    _AccountForm = forms.ModelForm[Account]
else:
    _AccountForm = forms.ModelForm


class AccountForm(_AccountForm):
    """What one may change about oneself without confirming one's password."""

    class Meta:
        model = Account
        fields = ["name", "language", "theme"]


def back(request: HttpRequest) -> HttpResponse:
    """Where the form says it came from, if that is a page of ours, else the start page."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    return HttpResponseRedirect(target)


@login_required
@require_http_methods(["GET", "POST"])
def own_settings(request: HttpRequest) -> HttpResponse:
    """Name, language and theme, and the way to password and second factors."""
    assert isinstance(request.user, Account)
    account = Account.objects.get(pk=request.user.pk)
    form = AccountForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        form.save()
        with language_of(account):
            messages.success(request, _("Your settings are saved."))
        return redirect("settings")
    return render(request, "accounts/settings.html", {"form": form})


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Set the theme of the account; a stranger's browser remembers its own."""
    theme = request.POST.get("theme", "").replace("auto", "")
    if isinstance(request.user, Account) and theme in Theme.values:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    return back(request)


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Set the language of the account, and of this browser for the pages before sign-in."""
    response = back(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        if isinstance(request.user, Account):
            request.user.language = language
            request.user.save(update_fields=["language"])
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86400, samesite="Lax", httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response
