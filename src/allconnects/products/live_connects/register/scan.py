"""The page that the label of a material opens on a phone: who has it, and one press to take it or leave it."""

from __future__ import annotations

import io

import qrcode
import qrcode.image.svg
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.fleet.kinds import MATERIAL
from allconnects.fleet.models import Material, Occupancy, Person
from allconnects.fleet.services import materials, register
from allconnects.fleet.who import who
from allconnects.kit import clock, config
from allconnects.kit.errors import InvalidInput
from allconnects.maintenance.services import plans, things
from allconnects.products.live_connects.picking.fields import picked
from allconnects.products.live_connects.picking.sources import VEHICLE
from allconnects.products.live_connects.register.common import attempt
from allconnects.products.live_connects.register.use import number


@require_http_methods(["GET", "POST"])
@member("driver")
@never_cache
def scanned(request: TenantRequest, token: str) -> HttpResponse:
    """Take a material, load it, leave it at a site, or give it back."""
    row = materials.by_token(token)
    me = Person.objects.filter(account=request.user.pk, archived_at=None).first()
    if request.method == "POST":
        done = attempt(request, lambda: _take(request, row.pk, me), _("Thank you, that is noted."))
        return redirect("register:scanned", token=token) if done else _page(request, row, me)
    return _page(request, row, me)


def _page(request: TenantRequest, row: Material, me: Person | None) -> HttpResponse:
    place = materials.whereabouts([row.pk])[row.pk]
    stay = Occupancy.objects.filter(person=me, during__contains=clock.now()).select_related("vehicle").first()
    planner = at_least(request.role, "planner")
    mine = me is not None and place.holder == ("person", me.pk)
    names = materials.names_of([place]) if planner or mine or (place.holder or ("", ""))[0] != "person" else {}
    context = {
        "row": row, "me": me, "where": place, "holder": names.get(place.holder or ("", ""), ""), "mine": mine,
        "riding": stay.vehicle if stay else None, "manages": planner,
        "checks": any(one.kind == "check" for one in plans.plans_of(things.of("material", row.pk))),
    }  # fmt: skip
    return render(request, "register/scanned.html", context)


def _take(request: TenantRequest, material: int, me: Person | None) -> object:
    choice, post = request.POST.get("to", ""), request.POST
    if choice == "me":
        if me is None:
            raise InvalidInput(_("Your account is not linked to a person. Ask your manager."))
        to = materials.Holder(person=me.pk)
    elif choice == "vehicle":
        to = materials.Holder(vehicle=number(picked(post, VEHICLE, "vehicle")))
    elif choice == "site":
        if not post.get("site_name", "").strip():
            raise InvalidInput(_("Say where you leave it."))
        to = materials.Holder(site_name=post["site_name"])
    else:
        raise InvalidInput(_("Choose what happens with it."))
    return materials.hand_over(who(request), material, to, how="scan")


@require_GET
@member("viewer")
def label(request: TenantRequest, key: int) -> HttpResponse:
    """A label to print."""
    row = register.get(MATERIAL, key)
    return render(request, "register/label.html", {"row": row, "address": _address(request, row.token)})


@require_GET
@member("viewer")
def code(request: TenantRequest, key: int) -> HttpResponse:
    """The QR code of a material, as a picture."""
    row = register.get(MATERIAL, key)
    image = qrcode.make(_address(request, row.token), image_factory=qrcode.image.svg.SvgPathImage, border=2)
    out = io.BytesIO()
    image.save(out)
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


def _address(request: TenantRequest, token: str) -> str:
    public = config.current().public_url
    path = f"/m/{token}"
    return public.rstrip("/") + path if public else request.build_absolute_uri(path)
