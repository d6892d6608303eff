"""The driver's page, the button behind it, the settings, and what a phone needs to install it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from allconnects.accounts.access import TenantRequest, member, no_transaction
from allconnects.accounts.models import Account
from allconnects.fleet.models import LocationChoice, Person
from allconnects.fleet.private import button, exceptions
from allconnects.fleet.private import settings as location
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.products.fleet_driver import mine
from allconnects.reports.classifying import person_of

SHELL = (
    "css/tokens.css", "img/icon.svg", "js/fold.js", "js/page.js", "js/pick.js", "js/theme.js", "js/time.js",
    "driver/driver.css", "driver/driver.js",
    "vendor/icons.svg", "vendor/tabler/tabler.min.css", "vendor/tabler/tabler.min.js",
)  # fmt: skip
ICONS = ((192, "any"), (512, "any"), (512, "maskable"))
LONGEST_WAIT = timedelta(hours=24)
"""A button that was pressed without network counts from when it was pressed, this far back at most."""


def whose(request: TenantRequest) -> tuple[int, Account, Person]:
    """The organisation, the account and the person that it belongs to. Raises NotFound where it belongs to none."""
    assert request.organisation is not None
    assert isinstance(request.user, Account)
    return request.organisation.pk, request.user, person_of(request.organisation.pk, request.user)


@never_cache
@require_GET
@member("driver")
def app(request: TenantRequest) -> HttpResponse:
    """Private now, my day, who sees what of me."""
    try:
        organisation, account, person = whose(request)
    except NotFound as error:
        return render(request, "driver/app.html", {"unlinked": error.message})
    rule = location.rule_of(organisation)
    choice = LocationChoice.objects.filter(pk=person.pk).first()
    context = {
        "now": mine.now_of(organisation, person),
        "moments": mine.day_of(organisation, person, account, clock.today()),
        "answers": mine.answers_of(person, account),
        "private_times": mine.private_times(person),
        "exceptions": exceptions.of_person(person.pk, 10),
        "rule": rule,
        "seen": location.seen(rule, choice),
        "choices": location.choices(rule),
        "settings": _settings() | {"owner": owner_key(request)},
    }
    return render(request, "driver/app.html", context)


def owner_key(request: TenantRequest) -> str:
    """Whose press may wait in the browser: another account has another key, and the key says nothing itself."""
    organisation = request.organisation.pk if request.organisation else 0
    return salted_hmac("driver", f"{request.user.pk}.{organisation}").hexdigest()[:16]


def _settings() -> dict[str, Any]:
    return {
        "urls": {"private": reverse("driver:private"), "worker": reverse("driver:worker")},
        "texts": {
            "waits": _("No network. Pressed at {time}: it counts from then, as soon as there is network again."),
            "refused": _("Not done: {reason}"),
        },
    }


@require_POST
@member("driver")
def private(request: TenantRequest) -> HttpResponse:
    """Begin, end, or begin when the open transport ends. A script is answered with JSON, a form with the page."""
    wants_json = "application/json" in request.headers.get("Accept", "")
    try:
        organisation, _account, person = whose(request)
        said = _do(request.POST.get("action", ""), organisation, person, _pressed(request.POST.get("at", "")))
    except AllconnectsError as error:
        if wants_json:
            return JsonResponse({"title": error.message, "code": error.code}, status=error.status)
        messages.error(request, error.message)
        return redirect("driver:app")
    if wants_json:
        return JsonResponse({"state": mine.now_of(organisation, person).state})
    messages.success(request, said)
    return redirect("driver:app")


def _do(action: str, organisation: int, person: Person, at: datetime) -> str:
    if action == "begin":
        button.press(organisation, person.pk, at)
        return _("Private. From now on nothing is recorded.")
    if action == "end":
        button.release(organisation, person.pk, at)
        return _("Private time has ended.")
    if action == "wait":
        button.when_free(organisation, person.pk)
        return _("Private time begins by itself when the transport ends.")
    raise InvalidInput(_("This cannot be done here."))


def _pressed(text: str) -> datetime:
    """When it was pressed: now, or earlier where there was no network then. Raises InvalidInput."""
    now = clock.now()
    if not text:
        return now
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise InvalidInput(_("This is no time.")) from None
    if at.tzinfo is None or at < now - LONGEST_WAIT:
        raise InvalidInput(_("It was pressed too long ago. Press again."))
    return min(at, now)


@require_POST
@member("driver")
def settings(request: TenantRequest) -> HttpResponse:
    """What others see of me, within what my employer leaves open."""
    organisation, _account, person = whose(request)
    days = request.POST.get("days", "")
    try:
        if not days.isdecimal() or len(days) > 3:
            raise InvalidInput(_("Give a number of days."))
        location.choose(organisation, person, request.POST.get("precision", ""), int(days))
        messages.success(request, _("Saved. It holds from now on, for the past too."))
    except InvalidInput as error:
        messages.error(request, error.message)
    return redirect(reverse("driver:app") + "#seen")


@require_GET
@no_transaction
@member("driver")
def manifest(_request: TenantRequest) -> HttpResponse:
    """What a phone needs to install the app."""
    icons = [
        {"src": static(f"driver/icon-{purpose}-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png",
         "purpose": purpose}
        for size, purpose in ICONS
    ]  # fmt: skip
    return JsonResponse(
        {
            "id": "/driver/", "name": "FLEET.driver", "short_name": "FLEET.driver", "start_url": "/driver/",
            "scope": "/driver/", "display": "standalone", "background_color": "#ffffff", "theme_color": "#0b5cad",
            "description": _("Private now, my day, and who sees what of me."), "icons": icons,
        },
        content_type="application/manifest+json",
    )  # fmt: skip


@require_GET
@never_cache
@no_transaction
@member("driver")
def worker(_request: TenantRequest) -> HttpResponse:
    """The service worker: a file of ours behind the version and the list of what it keeps. Nothing personal is kept."""
    source = finders.find("driver/worker.js")
    assert isinstance(source, str)
    about = {"version": version(), "shell": [static(name) for name in SHELL], "page": reverse("driver:app")}
    with open(source, encoding="utf-8") as file:
        script = f"const ABOUT = {json.dumps(about)};\n{file.read()}"
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@cache
def version() -> str:
    """Changes when any file of the shell does."""
    found = hashlib.sha256()
    for name in (*SHELL, "driver/worker.js"):
        path = finders.find(name)
        if isinstance(path, str):
            with open(path, "rb") as file:
                found.update(file.read())
    return found.hexdigest()[:16]
