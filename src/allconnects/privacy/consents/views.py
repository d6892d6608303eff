"""Pages of consents. Each write opens its own transaction, so that a rejected one leaves its line in the log."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import no_transaction
from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy import documents
from allconnects.privacy.consents import addresses, ledger, newsletter, storage, tickets, wordings
from allconnects.privacy.consents.models import Deed, Method
from allconnects.privacy.registry import parties


def _language() -> str:
    return (get_language() or "en")[:2]


def _choices(email: str = "") -> list[dict[str, Any]]:
    """Each purpose with its words, and what holds for this address."""
    language, now = _language(), clock.now()
    held = ledger.newest(addresses.subject(email)) if email else {}
    return [
        {
            "key": one.key, "title": one.titles[language], "text": one.texts[language],
            "act": (act := held.get(one.key)),
            "on": bool(email) and ledger.allowed(addresses.subject(email), one.key, now),
            "run_out": act is not None and act.deed == Deed.GIVEN and act.expires_at is not None
            and act.expires_at <= now,
        }
        for one in wordings.purposes().values()
    ]  # fmt: skip


def _ticket(account: int) -> str:
    return tickets.issue(account, {one.key: one.digest(_language()) for one in wordings.purposes().values()})


def _account(request: HttpRequest) -> int:
    return request.user.pk if request.user.is_authenticated else tickets.STRANGER


def _opened(request: HttpRequest, origin: str) -> tickets.Ticket:
    """The ticket of the form. What is forged or too old goes into the log."""
    try:
        return tickets.read(request.POST.get("ticket", ""), _account(request))
    except ledger.Rejected as error:
        ledger.reject(error.reason, origin)
        raise


@no_transaction
@login_required
@require_GET
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """What one agreed to, in which words, and the way to change it."""
    assert isinstance(request.user, Account)
    context = {
        "choices": _choices(request.user.email),
        "history": ledger.history(addresses.subject(request.user.email))[:100],
        "ticket": _ticket(request.user.pk),
    }
    return render(request, "consents/mine.html", context)


@no_transaction
@login_required
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Ask for a mail that makes it a consent, or take one back at once."""
    assert isinstance(request.user, Account)
    origin, purpose = "privacy/consents", request.POST.get("purpose", "")
    try:
        ticket = _opened(request, origin)
        if purpose not in ticket.digests or ticket.digests[purpose] != wordings.purpose(purpose).digest(_language()):
            raise ledger.Rejected("expired")
        if request.POST.get("deed") == "give":
            newsletter.ask(request.user.email, [purpose], _language())
            messages.success(request, _("Look at your mail: the button there makes it a consent."))
        else:
            newsletter.withdraw(
                addresses.hashed(request.user.email), purpose, method=Method.PAGE, origin=origin,
                language=_language(), once=ticket.nonce,
            )  # fmt: skip
            messages.success(request, _("Your consent is withdrawn. Nothing more is sent for it."))
    except ledger.Rejected as error:
        if error.reason == "replayed":
            ledger.reject(error.reason, origin)
        messages.error(request, error.message)
    except InvalidInput as error:
        messages.error(request, error.message)
    return redirect("consents:mine")


@no_transaction
@require_http_methods(["GET", "POST"])
@never_cache
def subscribe(request: HttpRequest) -> HttpResponse:
    """Ask for news, or stop it, without an account. The answer never says whether an address was known."""
    context: dict[str, Any] = {"choices": _choices(), "ticket": _ticket(_account(request)), "email": ""}
    if request.method == "GET":
        return render(request, "consents/subscribe.html", context)
    email, wants = request.POST.get("email", ""), request.POST.getlist("purpose")
    try:
        ticket = _opened(request, "newsletter")
        if request.POST.get("deed") == "stop":
            newsletter.withdraw(
                addresses.hashed(email), None, method=Method.PAGE, origin="newsletter", language=_language(),
                once=ticket.nonce,
            )  # fmt: skip
            return render(request, "consents/said.html", {"stopped": True})
        newsletter.ask(email, wants, _language())
        return render(request, "consents/said.html", {"asked": True})
    except ledger.Rejected as error:
        if error.reason == "replayed":
            ledger.reject(error.reason, "newsletter")
        problem, status = error.message, error.status
    except InvalidInput as error:
        problem, status = error.message, error.status
    context |= {"problem": problem, "email": email, "ticked": wants}
    return render(request, "consents/subscribe.html", context, status=status)


@no_transaction
@require_http_methods(["GET", "POST"])
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The page of the mail's link: looking changes nothing, pressing the button is the consent."""
    try:
        if request.method == "POST":
            with transaction.atomic():
                newsletter.confirm(token)
            return render(request, "consents/said.html", {"confirmed": True})
        _found, _once, wants, language = newsletter.asked(token)
        texts = [wordings.purpose(one).texts[language] for one in wants]
        return render(request, "consents/confirm.html", {"texts": texts, "lang": language})
    except ledger.Rejected as error:
        ledger.reject(error.reason, "newsletter/confirm")
        return render(request, "consents/said.html", {"problem": _("This link works no longer.")}, status=404)
    except NotFound as error:
        return render(request, "consents/said.html", {"problem": error.message}, status=404)


@csrf_exempt
@no_transaction
@require_http_methods(["GET", "POST"])
@never_cache
def out(request: HttpRequest, token: str) -> HttpResponse:
    """Out of it without signing in: a mail program may post here by itself (RFC 8058), so no CSRF token is asked."""
    try:
        address_hash, purpose = newsletter.read_out(token)
    except NotFound as error:
        ledger.reject("forged", "newsletter/out")
        return render(request, "consents/said.html", {"problem": error.message}, status=404)
    if request.method == "GET":
        return render(request, "consents/out.html")
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    method = Method.ONE_CLICK if one_click else Method.MAIL_LINK
    newsletter.withdraw(address_hash, purpose, method=method, origin="newsletter/out", language=_language())
    return render(request, "consents/said.html", {"stopped": True})


@no_transaction
@require_http_methods(["GET", "POST"])
@never_cache
def cookies(request: HttpRequest) -> HttpResponse:
    """What is kept in a browser, and the choice where there is one."""
    if request.method == "POST":
        response = redirect("consents:cookies")
        said = request.POST.get("choice", "")
        if said in (storage.ACCEPT, storage.REFUSE):
            storage.choose(request, response, said)
        return response
    context = {
        "stored": [(one, _translated(one.title), documents.needed(one)) for one in parties.STORED],
        "optional": storage.optional(), "choice": storage.choice(request),
        "signal": storage.signals_refusal(request), "forget": storage.forgotten(request),
    }  # fmt: skip
    return render(request, "consents/cookies.html", context)


def _translated(text: str) -> str:
    return _(text)
