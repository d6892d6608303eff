"""The page behind an invitation's link. Read before a tenant is known, so it opens its own transactions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allconnects.accounts import joining
from allconnects.accounts.access import no_transaction
from allconnects.accounts.middleware import CHOSEN
from allconnects.accounts.models import Account
from allconnects.kit.errors import AllconnectsError, NotFound

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class JoinForm(forms.Form):
    """What a new account needs; its address is the invitation's."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 12 characters; a sentence is easier to remember than a word."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@no_transaction
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Join: as a new account, or with the account one is signed in with."""
    try:
        found = joining.find(secret)
    except NotFound as error:
        return render(request, "error.html", {"status": 404, "message": error.message}, status=404)
    account = request.user if isinstance(request.user, Account) else None
    form = None if account or joining.has_account(found) else JoinForm(request.POST or None)
    context: dict[str, Any] = {
        "invitation": found,
        "form": form,
        "own": account is not None and account.email == found.email,
    }
    if request.method == "POST":
        try:
            answer = _join(request, secret, form)
        except NotFound as error:
            raise Http404 from error
        except AllconnectsError as error:
            context["refused"] = error.message
            return render(request, "accounts/invitation.html", context, status=error.status)
        if answer:
            return answer
    return render(request, "accounts/invitation.html", context)


def _join(request: HttpRequest, secret: str, form: JoinForm | None) -> HttpResponse | None:
    if isinstance(request.user, Account):
        joined = joining.join_as(request.user, secret)
        request.session[CHOSEN] = joined.organisation_id
        return redirect("home")
    if form is None or not form.is_valid():
        return None
    language = translation.get_language() or ""
    account = joining.join_anew(secret, form.cleaned_data["name"], form.cleaned_data["password"], language)
    login(request, account, BACKEND)
    return redirect("home")
