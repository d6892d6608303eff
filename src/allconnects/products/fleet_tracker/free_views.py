"""Pages of the free version: join, and what the holder of a phone may do with what it sent. Nobody is signed in.

The secret travels in forms only, never in an address, and no answer tells whether a phone is known.
"""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.access import no_transaction
from allconnects.accounts.limits import too_often
from allconnects.products.fleet_tracker import free
from allconnects.products.fleet_tracker.free import Token
from allconnects.products.fleet_tracker.reach import Reach, reach

START_RATE, ASK_RATE = "10/h/ip", "60/h/ip"
_APP = "allconnects.phone"


class TokenForm(forms.Form):
    """What a phone holds. Named so that a browser keeps both as it keeps a password."""

    identifier = forms.CharField(
        label=_("Number of the phone"), max_length=100, widget=forms.TextInput({"autocomplete": "username"})
    )
    secret = forms.CharField(
        label=_("Secret of the phone"), max_length=200, strip=True,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )  # fmt: skip

    def token(self) -> Token:
        """The token that was given."""
        return Token(self.cleaned_data["identifier"].strip(), self.cleaned_data["secret"])


def _organisation() -> int:
    found = free.offered()
    if found is None:
        raise Http404
    return found


def _ways(request: HttpRequest) -> list[Reach]:
    """Ports that a phone reaches with its secret in the address."""
    return [one for one in reach(request) if one.protocol.startswith("osmand")]


@no_transaction
@never_cache
@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest) -> HttpResponse:
    """What is kept of a phone, for whoever holds its secret; and what to do with it."""
    organisation = _organisation()
    form = TokenForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "phone/phone.html", {"form": form})
    if too_often(request, _APP, "ask", ASK_RATE):
        return render(request, "phone/phone.html", {"form": form, "often": True}, status=429)
    return _DO.get(request.POST.get("do", ""), _look)(request, organisation, form.token())


@no_transaction
@never_cache
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Let a phone in, and tell its secret this once."""
    organisation = _organisation()
    if too_often(request, _APP, "start", START_RATE):
        return render(request, "phone/phone.html", {"form": TokenForm(), "often": True}, status=429)
    return _told(request, free.start(organisation))


def _told(request: HttpRequest, token: Token) -> HttpResponse:
    return render(request, "phone/started.html", {"token": token, "ways": _ways(request)})


def _look(request: HttpRequest, organisation: int, token: Token, done: str = "") -> HttpResponse:
    kept = free.look(organisation, token)
    if kept is None:
        return _unknown(request)
    return render(request, "phone/kept.html", {"token": token, "kept": kept, "done": done})


def _copy(request: HttpRequest, organisation: int, token: Token) -> HttpResponse:
    packed = free.copy(organisation, token)
    if packed is None:
        return _unknown(request)
    answer = HttpResponse(packed, content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="phone.zip"'
    return answer


def _erase(request: HttpRequest, organisation: int, token: Token) -> HttpResponse:
    if request.POST.get("sure") != "yes":
        return _look(request, organisation, token)
    if not free.erase(organisation, token):
        return _unknown(request)
    return _look(request, organisation, token, done="erased")


def _renew(request: HttpRequest, organisation: int, token: Token) -> HttpResponse:
    fresh = free.renew(organisation, token)
    return _unknown(request) if fresh is None else _told(request, fresh)


def _leave(request: HttpRequest, organisation: int, token: Token) -> HttpResponse:
    if request.POST.get("sure") != "yes":
        return _look(request, organisation, token)
    if not free.leave(organisation, token):
        return _unknown(request)
    return render(request, "phone/phone.html", {"form": TokenForm(), "left": True})


def _unknown(request: HttpRequest) -> HttpResponse:
    """The answer of art. 11(2): the same for a phone that is not known as for a wrong secret."""
    return render(request, "phone/unknown.html", {"form": TokenForm()}, status=403)


_DO: dict[str, Callable[[HttpRequest, int, Token], HttpResponse]] = {
    "look": _look, "copy": _copy, "erase": _erase, "renew": _renew, "leave": _leave,
}  # fmt: skip
