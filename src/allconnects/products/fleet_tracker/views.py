"""Pages about devices."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.accounts.models import Organisation
from allconnects.kit.errors import InvalidInput, Withheld
from allconnects.products.fleet_tracker.forms import AcceptForm, AddForm, ChangeForm
from allconnects.products.fleet_tracker.reach import TITLES, reach
from allconnects.telemetry import listing, services
from allconnects.telemetry.models import Kind

PAGE = 50
FORMS = (("gpx", "GPX"), ("geojson", "GeoJSON"), ("csv", "CSV"), ("kml", "KML"))
"""Files of a track, by the end of their name."""


def _organisation(request: TenantRequest) -> Organisation:
    assert request.organisation is not None
    return request.organisation


@member("viewer")
def devices(request: TenantRequest) -> HttpResponse:
    """Devices, fifty on a page; for managers also those that are waiting."""
    manages = at_least(request.role, "manager")
    text, cursor = request.GET.get("q", "")[:200], request.GET.get("cursor", "")[:500]
    found, following = listing.list_devices(text, cursor, PAGE)
    context = {
        "devices": found,
        "next_cursor": following,
        "q": text,
        "later": bool(cursor),
        "total": listing.count_devices(),
        "waiting": services.unknown_devices(_organisation(request)) if manages else [],
        "titles": TITLES,
        "kinds": Kind.choices,
        "manages": manages,
        "reach": reach(request),
    }
    return render(request, "devices/list.html", context)


@require_http_methods(["GET", "POST"])
@member("manager")
def add(request: TenantRequest) -> HttpResponse:
    """Register a device."""
    form = AddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            device = services.add_device(
                _organisation(request), given["identifier"], given["name"], given["kind"], given["secret"] or None
            )
        except InvalidInput as error:
            form.add_error("identifier", error.message)
        else:
            messages.success(request, _("The device is added. It appears on the map with its first position."))
            return redirect("devices:detail", device=device.pk)
    return render(request, "devices/add.html", {"form": form, "reach": reach(request)})


@require_POST
@member("manager")
def accept(request: TenantRequest) -> HttpResponse:
    """Register a device that is waiting."""
    form = AcceptForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the device a name."))
        return redirect("devices:list")
    given = form.cleaned_data
    try:
        device = services.accept_unknown(
            _organisation(request), given["protocol"], given["identifier"], given["name"], given["kind"]
        )
    except InvalidInput as error:
        messages.error(request, error.message)
        return redirect("devices:list")
    messages.success(request, _("The device is accepted. What it kept meanwhile comes in now."))
    return redirect("devices:detail", device=device.pk)


@require_POST
@member("manager")
def dismiss(request: TenantRequest) -> HttpResponse:
    """Take a device off the list of those waiting."""
    services.dismiss_unknown(
        _organisation(request), request.POST.get("protocol", ""), request.POST.get("identifier", "")
    )
    return redirect("devices:list")


@require_http_methods(["GET", "POST"])
@member("viewer")
def detail(request: TenantRequest, device: int) -> HttpResponse:
    """One device: what it is and said, what happened; managers change its name and kind here."""
    manages = at_least(request.role, "manager")
    found = services.device_details(device)
    form = ChangeForm(request.POST or None, initial={"name": found.summary.name, "kind": found.summary.kind})
    if request.method == "POST":
        refused = member("manager")(lambda _request: None)(request)
        if refused is not None:
            return refused
        if form.is_valid():
            services.change_device(device, form.cleaned_data["name"], form.cleaned_data["kind"])
            messages.success(request, _("Saved."))
            return redirect("devices:detail", device=device)
    context = {
        "device": found.summary,
        "details": found,
        "form": form,
        "manages": manages,
        "events": services.events(device, limit=20),
        "forms": FORMS,
        "titles": TITLES,
        "reach": reach(request),
    }
    return render(request, "devices/detail.html", context)


@require_http_methods(["GET", "POST"])
@member("manager")
def delete(request: TenantRequest, device: int) -> HttpResponse:
    """Ask whether the device and its history shall go, and take them away."""
    found = services.device_details(device)
    if request.method == "POST":
        try:
            services.delete_device(device)
        except Withheld as error:
            messages.error(request, error.message)
            return redirect("devices:detail", device=device)
        messages.success(request, _("The device and its history are deleted."))
        return redirect("devices:list")
    return render(request, "devices/delete.html", {"device": found.summary})
