"""What a page may keep in a browser: what is needed always, anything else only after a choice that is not too old.

Sources: ePrivacy directive art. 5(3); GBA/APD on cookies: nothing before the choice, refusing as easy as accepting, no
box ticked. Global Privacy Control (Sec-GPC: 1) is a refusal; no signal of a browser is ever a consent.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponseBase
from django.utils.timezone import localtime

from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.privacy.consents.models import Choice
from allconnects.privacy.registry import parties
from allconnects.privacy.registry.entries import Stored

COOKIE = "storage_choice"
HOLDS = timedelta(days=180)
"""After half a year it is asked again: the authority asks for a limit and names none."""
ACCEPT, REFUSE = "accept", "refuse"


def optional() -> list[Stored]:
    """What waits for a choice. Empty as shipped: then nobody is asked anything."""
    return [one for one in parties.STORED if not one.essential]


def version() -> str:
    """Of what the choice is about: something new to choose asks anew."""
    return hashlib.sha256("\n".join(sorted(f"{one.name} {one.title}" for one in optional())).encode()).hexdigest()[:16]


def signals_refusal(request: HttpRequest) -> bool:
    """Whether the browser says that it wants none of it."""
    return request.headers.get("Sec-GPC") == "1"


def choice(request: HttpRequest) -> str:
    """``accept``, ``refuse`` or nothing: not asked yet, about something else, or too long ago."""
    if signals_refusal(request):
        return REFUSE
    about, _, rest = request.COOKIES.get(COOKIE, "").partition(".")
    said, _, day = rest.partition(".")
    try:
        age = _today() - date.fromisoformat(day)
    except ValueError:
        return ""
    return said if about == version() and said in (ACCEPT, REFUSE) and timedelta(0) <= age < HOLDS else ""


def asks(request: HttpRequest) -> bool:
    """Whether a page has to ask."""
    return bool(optional()) and not choice(request)


def may_store(request: HttpRequest, name: str) -> bool:
    """Whether something may be kept in that browser. Raises KeyError for what is not on the list."""
    for one in parties.STORED:
        if one.name == name or (one.name.endswith("*") and name.startswith(one.name[:-1])):
            return one.essential or choice(request) == ACCEPT
    raise KeyError(name)


def choose(request: HttpRequest, response: HttpResponseBase, said: str) -> None:
    """Note a choice in the browser, and that somebody made it. A refusal takes away what an acceptance left there."""
    response.set_cookie(
        COOKIE, f"{version()}.{said}.{_today().isoformat()}", max_age=int(HOLDS.total_seconds()), samesite="Lax",
        httponly=True, secure=bool(settings.SESSION_COOKIE_SECURE),
    )  # fmt: skip
    if said == REFUSE:
        for name in set(request.COOKIES) & {one.name for one in optional() if one.kind == "cookie"}:
            response.delete_cookie(name)
    with speaking_for(None):
        found, new = Choice.objects.get_or_create(version=version(), choice=said, day=_today(), defaults={"count": 1})
        if not new:
            Choice.objects.filter(pk=found.pk).update(count=F("count") + 1)


def forgotten(request: HttpRequest) -> str:
    """Names in the browser's own storage that a page has to take away, for the script that does."""
    if choice(request) == ACCEPT:
        return ""
    return " ".join(one.name for one in optional() if one.kind == "local storage")


def _today() -> date:
    return localtime(clock.now()).date()
