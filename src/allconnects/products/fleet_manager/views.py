"""The app's page, its manifest, and its service worker with the list of what it keeps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from allconnects.accounts.access import TenantRequest, at_least, member, no_transaction
from allconnects.alerts.delivery import keys
from allconnects.privacy.requests.ready import REASONS
from allconnects.products.live_connects.views import map_settings
from allconnects.reports import ready

SHELL = (
    "css/tokens.css", "img/icon.svg", "js/fold.js", "js/page.js", "js/pick.js", "js/theme.js", "js/time.js",
    "live/details.js", "live/filters.js", "live/fleet.js", "live/groups.js", "live/labels.js", "live/layers.js",
    "live/list.js",
    "live/live.css", "live/main.js", "live/mapview.js", "live/nearest.js", "live/overlay.js", "live/palette.js",
    "live/settings.js", "live/sheet.js", "live/stream.js", "live/symbols.js", "live/traffic.js",
    "alerts/push.js",
    "manager/alarms.js", "manager/app.js", "manager/choose.js", "manager/inbox.js", "manager/manager.css",
    "manager/queue.js", "manager/trips.js", "manager/why.js",
    "places/overlay.js", "places/search.js", "places/settings.js", "places/shapes.js",
    "vendor/icons.svg", "vendor/maplibre/maplibre-gl.css", "vendor/maplibre/maplibre-gl.mjs",
    "vendor/maplibre/maplibre-gl-worker.mjs", "vendor/tabler/tabler.min.css", "vendor/tabler/tabler.min.js",
)  # fmt: skip
"""Files that the app starts with when there is no network."""
ICONS = ((192, "any"), (512, "any"), (512, "maskable"))


@never_cache
@member("viewer")
def app(request: TenantRequest) -> HttpResponse:
    """Map, list, details, alarms, nearest vehicle, and what waits to be sent. Holds nothing personal itself."""
    handles = at_least(request.role, "planner")
    settings = map_settings()
    settings["urls"] |= {
        "worker_script": f"{reverse('manager:worker')}?k={owner_key(request)}",
        "alerts": reverse("api:alerts"),
        "acknowledge": reverse("api:alerts_acknowledge"),
        "resolve": reverse("api:alerts_resolve"),
        "day": reverse("manager:day"),
        "waiting": reverse("manager:waiting"),
        "act": reverse("manager:act"),
        "find": reverse("picking:find", kwargs={"kind": "kind"}),
    }
    settings["texts"] |= _texts()
    settings["handles"] = handles
    settings["takes_devices"] = at_least(request.role, "manager")
    context = {
        "settings": settings,
        "may_add": False,
        "may_share": handles,
        "reach": [],
        "waiting": 0,
        "handles": handles,
        "push_key": keys.application_server_key(),
    }
    return render(request, "manager/app.html", context)


def owner_key(request: TenantRequest) -> str:
    """Whose things the browser may keep: another account or organisation has another key, and says nothing itself."""
    organisation = request.organisation.pk if request.organisation else 0
    return salted_hmac("manager", f"{request.user.pk}.{organisation}").hexdigest()[:16]


@require_GET
@no_transaction
@member("viewer")
def manifest(_request: TenantRequest) -> HttpResponse:
    """What a phone needs to install the app."""
    icons = [
        {"src": static(f"manager/icon-{purpose}-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png",
         "purpose": purpose}
        for size, purpose in ICONS
    ]  # fmt: skip
    return JsonResponse(
        {
            "id": "/manager/", "name": "FLEET.manager", "short_name": "FLEET.manager", "start_url": "/manager/",
            "scope": "/manager/", "display": "standalone", "background_color": "#ffffff", "theme_color": "#0b5cad",
            "description": _("Where the fleet is, and what needs you."), "icons": icons,
        },
        content_type="application/manifest+json",
    )  # fmt: skip


@require_GET
@never_cache
@no_transaction
@member("viewer")
def worker(request: TenantRequest) -> HttpResponse:
    """The service worker: a file of ours behind the version and the list of what it keeps."""
    source = finders.find("manager/worker.js")
    assert isinstance(source, str)
    about = {
        "version": version(),
        "owner": request.GET.get("k", "")[:32],
        "shell": [static(name) for name in SHELL],
        "page": reverse("manager:app"),
        "kept": [
            reverse("api:devices"),
            reverse("api:positions_latest"),
            reverse("api:live_subjects"),
            reverse("api:alerts"),
            reverse("manager:day"),
            reverse("manager:waiting"),
        ],
        "background": reverse("basemap:style"),
    }
    with open(source, encoding="utf-8") as file:
        script = f"const ABOUT = {json.dumps(about)};\n{file.read()}"
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@cache
def version() -> str:
    """Changes when any file of the shell does, so that a phone never mixes two versions."""
    found = hashlib.sha256()
    for name in (*SHELL, "manager/worker.js"):
        path = finders.find(name)
        if isinstance(path, str):
            with open(path, "rb") as file:
                found.update(file.read())
    return found.hexdigest()[:16]


def _choices(found: Mapping[str, object]) -> list[tuple[str, str]]:
    """Codes and words of what stands ready."""
    return [(code, str(words)) for code, words in found.items()]


def _texts() -> dict[str, Any]:
    """Words of the app's scripts."""
    return {
        "stale": _("No network. This is what was known {ago}."),
        "waits": _("{count} waiting to be sent"),
        "nowaiting": _("Nothing waits to be sent."),
        "retry": _("Try again"),
        "discard": _("Discard"),
        "queued": _("Waits for the network"),
        "refused": _("Refused: {reason}"),
        "acknowledge": _("Take it on"),
        "resolve": _("Close"),
        "acknowledged": _("Taken on"),
        "goeson": _("goes on"),
        "noalarms": _("Nothing needs you."),
        "undo": _("Undo"),
        "undone": _("Taken back"),
        "heldback": _("{label} – sent in a moment"),
        "notrips": _("No trips on this day yet."),
        "nowaitinghere": _("Nothing waits for a decision."),
        "allvehicles": _("All vehicles"),
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "purposes": {"": _("Not said"), "business": _("Business"), "private": _("Private"), "commute": _("Commute")},
        "nobody": _("Nobody of ours"),
        "driverunknown": _("Driver not known"),
        "changedriver": _("Who drove?"),
        "save": _("Save"),
        "takeback": _("Take the correction back"),
        "corrected": _("corrected"),
        "underway": _("under way"),
        "privatetrip": _("Private trip"),
        "ended": _("It ended then"),
        "endedat": _("It ended at"),
        "doesnotcount": _("The IN does not count"),
        "leaveit": _("Leave it"),
        "thisdrove": _("This one drove"),
        "badgeis": _("The badge is this person’s"),
        "person": _("Person"),
        "badgedin": _("{person} badged into {vehicle} on {since} and never out."),
        "wasnotthere": _("Was not there"),
        "stayedon": _(
            "{person} came in {vehicle} on {since}. The vehicle stayed there longer than the working day, and nothing "
            "says when {person} left."
        ),
        "twodrivers": _("Two people are known as the driver of {vehicle} from {since} on."),
        "strangebadge": _("A badge that ends in {last4} was used in {vehicle} on {since}, and nobody has it."),
        "strangedevice": _("The device {identifier} calls and is not registered."),
        "askscorrection": _("{name} asks for a correction"),
        "correctit": _("{what}: {from} → {to}"),
        "answerby": _("To be answered by {day}"),
        "openrequest": _("Open the request"),
        "contests": _("{name} says: {when} is wrong"),
        "saidago": _("Said {ago}"),
        "lookatdays": _("Look at the days"),
        "iscorrected": _("It is corrected"),
        "stays": _("It stays as it is"),
        "correctfirst": _(
            "Correct the trips, stays or drivers first: this is refused while the figures are what they were."
        ),
        "whatreads": _("What {name} reads"),
        "contestreasons": {"yes": _choices(ready.CORRECTED), "no": _choices(ready.KEPT)},
        "accept": _("Accept"),
        "notaccept": _("Do not accept"),
        "correctionreasons": _choices(REASONS),
        "answernow": _("All is decided. What is left is to send the answer."),
        "whoasks": _("Check who asks first: on the page of the request."),
        "ownwords": _("In your own words"),
        "saywhy": _("Say why, in at least {count} characters."),
        "sendreason": _("Send"),
        "seen": _("Seen"),
        "nosuch": _("Nothing is called like that."),
        "moretyping": _("There are more: type on."),
        "lastused": _("No network: this was used last."),
        "choosefromlist": _("Choose from the list."),
        "moretrips": _("There are more: choose a vehicle."),
        "take": _("Take it"),
        "dismiss": _("Dismiss"),
        "devicename": _("Name of the vehicle"),
        "severity": {"info": _("Information"), "warning": _("Warning"), "critical": _("Critical")},
    }
