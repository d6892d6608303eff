"""Pages about places: list and map, draw and change, who was there; one's own home."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_http_methods, require_safe

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.accounts.models import Account, Organisation
from allconnects.kit.errors import InvalidInput, Withheld
from allconnects.places import homes, reading, services, shapes
from allconnects.places.models import Kind, Place
from allconnects.products.live_connects.places_forms import ZONES, HomeForm, PlaceForm, initial
from allconnects.products.live_connects.views import BELGIUM

PAGE = 100
LONGEST_PERIOD = 92


def _organisation(request: TenantRequest) -> Organisation:
    assert request.organisation is not None
    return request.organisation


def map_settings(**more: Any) -> dict[str, Any]:
    """What the scripts of a page with a map of places need to know."""
    return {
        "urls": {
            "style": reverse("basemap:style"),
            "search": reverse("api:address_search"),
            "places": reverse("places:shapes"),
            "place": reverse("places:detail", kwargs={"place": 0}),
        },
        "home": BELGIUM,
        "texts": {
            "map": _("Map"),
            "zoomin": _("Zoom in"),
            "zoomout": _("Zoom out"),
            "attribution": _("Sources of the map"),
            "nowebgl": _("This browser cannot draw the map (WebGL 2 is missing). Everything can be typed instead."),
            "nothing": _("Nothing found. Try a town or a postal code, or click the map."),
            "failed": _("This could not be loaded. Try again."),
            "Circle": _("Click the middle, then the edge of the circle."),
            "Polygon": _("Click corner after corner; click the first one again to close."),
            "Corridor": _("Click along the way; click the last point again to end."),
            "edit": _("Drag corners or the whole shape. Dots between corners make new ones."),
            "holes": _("The polygon has holes: change its points below, or draw it anew."),
            "undone": _("Undone"),
        },
        **more,
    }


@member("viewer")
def places(request: TenantRequest) -> HttpResponse:
    """Places by name, with a map of them."""
    text, kind = request.GET.get("q", "")[:100], request.GET.get("kind", "")
    found = services.find_places(text, kind if kind in Kind.values else "").defer("shape")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "total": page.paginator.count,
        "q": text,
        "kind": kind,
        "kinds": Kind.choices,
        "manages": at_least(request.role, "planner"),
        "settings": map_settings(),
    }
    return render(request, "places/list.html", context)


@require_safe
@member("viewer")
@condition(etag_func=lambda _request: services.state_of_places())
def place_shapes(_request: TenantRequest) -> JsonResponse:
    """Shapes of all places that count today, as maps draw them: circles as such, the others as polygons."""
    found = [_drawn(one) for one in services.list_places() if services.is_active(one)]
    return JsonResponse({"places": found})


def _drawn(one: Place) -> dict[str, Any]:
    round_one = one.shape["type"] == "Circle"
    shape = one.shape if round_one else shapes.area(one.shape)
    return {
        "id": one.pk,
        "name": one.name,
        "kind": one.kind,
        "colour": one.colour,
        "at": [one.lon, one.lat],
        "shape": shape,
    }


@require_http_methods(["GET", "POST"])
@member("planner")
def add(request: TenantRequest) -> HttpResponse:
    """A new place."""
    form = PlaceForm(request.POST or None, initial={"name": request.GET.get("name", "")[:100]})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_place(_organisation(request), form.given())
        except InvalidInput as error:
            form.add_error("points" if error.code == "shape" else None, error.message)
        else:
            messages.success(request, _("The place is added. Visits of the past days appear within minutes."))
            return redirect("places:detail", place=made.pk)
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
@member("planner")
def change(request: TenantRequest, place: int) -> HttpResponse:
    """Another shape, name or days."""
    found = services.place(place)
    form = PlaceForm(request.POST or None, initial=initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_place(place, form.given(), form.cleaned_data["version"])
        except InvalidInput as error:
            form.add_error("points" if error.code == "shape" else None, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("places:detail", place=place)
    return _form(request, form, found)


def _form(request: TenantRequest, form: PlaceForm, place: Place | None) -> HttpResponse:
    context = {"form": form, "place": place, "zones": ZONES, "settings": map_settings(own=place.pk if place else None)}
    return render(request, "places/form.html", context)


@require_http_methods(["GET", "POST"])
@member("planner")
def delete(request: TenantRequest, place: int) -> HttpResponse:
    """Ask whether the place and its visits shall go, and take them away."""
    found = services.place(place)
    if request.method == "POST":
        try:
            services.delete_place(place)
        except Withheld as error:
            messages.error(request, error.message)
            return redirect("places:detail", place=place)
        messages.success(request, _("The place and its visits are deleted."))
        return redirect("places:list")
    return render(request, "places/delete.html", {"place": found})


@require_safe
@member("viewer")
def detail(request: TenantRequest, place: int) -> HttpResponse:
    """One place: who is there now and, for planners, who was there, with hours by day."""
    found = services.place(place)
    first, last = _period(request, found)
    plans = at_least(request.role, "planner")
    start, end = reading.bounds(found, first, last)
    seen = reading.visits_between(_organisation(request).pk, start, end, place=place, beside=True) if plans else []
    context = {
        "place": found,
        "active": services.is_active(found),
        "here": reading.here_now(found),
        "visits": seen,
        "most": reading.MOST,
        "days": reading.hours_by_day(found, seen, first, last),
        "first": first,
        "last": last,
        "manages": plans,
        "settings": map_settings(own=place, shape=_drawn(found)),
    }
    return render(request, "places/detail.html", context)


def _period(request: TenantRequest, place: Place) -> tuple[date, date]:
    """The days that were asked for, a week by default; what cannot be is put right."""
    today = services.today(place)
    last = min(_day(request.GET.get("to")) or today, today)
    first = _day(request.GET.get("from")) or last - timedelta(days=6)
    return max(min(first, last), last - timedelta(days=LONGEST_PERIOD - 1)), last


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 1990 <= found.year <= services.LAST_YEAR else None


@require_http_methods(["GET", "POST"])
@member("driver")
def home(request: TenantRequest) -> HttpResponse:
    """Where one lives: shown to oneself only."""
    assert isinstance(request.user, Account)
    organisation, account = _organisation(request), request.user
    if request.method == "POST" and "forget" in request.POST:
        homes.forget_home(organisation, account)
        messages.success(request, _("Your home is forgotten."))
        return redirect("places:home")
    mine = homes.home_of(organisation, account)
    form = HomeForm(request.POST or None, initial=_home(mine.shape) if mine else None)
    if request.method == "POST" and form.is_valid():
        try:
            homes.set_home(organisation, account, form.shape())
        except InvalidInput as error:
            form.add_error("points", error.message)
        else:
            messages.success(request, _("Saved. Nobody but you sees where it is."))
            return redirect("places:home")
    return render(request, "places/home.html", {"form": form, "mine": mine, "settings": map_settings()})


def _home(shape: dict[str, Any]) -> dict[str, Any]:
    lon, lat = shape["coordinates"]
    return {"points": f"{lat:.6f}, {lon:.6f}", "radius_m": shape["radius_m"]}
