"""The first hour of an organisation: what is done and what comes next, read from what really stands, never stored."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allconnects.accounts.access import TenantRequest, at_least
from allconnects.accounts.models import Account, Organisation, Role
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.products.live_connects.models import FirstHour
from allconnects.telemetry.services import unknown_devices

LEADS = Role.MANAGER
"""The lowest role that can take all of the steps."""
_STANDS = """
    SELECT EXISTS (SELECT FROM reports_profile p WHERE p.organisation_id = %(organisation)s AND p.street <> ''),
           EXISTS (SELECT FROM telemetry_device d WHERE d.organisation_id = %(organisation)s),
           EXISTS (SELECT FROM telemetry_live l WHERE l.organisation_id = %(organisation)s AND l.fix_time IS NOT NULL),
           EXISTS (SELECT FROM fleet_vehicle v WHERE v.organisation_id = %(organisation)s AND v.archived_at IS NULL),
           EXISTS (SELECT FROM fleet_installation i WHERE i.organisation_id = %(organisation)s
                   AND i.vehicle_id IS NOT NULL AND i.during @> %(now)s),
           (SELECT count(*) FROM accounts_membership m WHERE m.organisation_id = %(organisation)s) > 1
               OR EXISTS (SELECT FROM accounts_invitation n WHERE n.organisation_id = %(organisation)s)"""


class Step(NamedTuple):
    """One step: ``url`` is where it is taken, ``action`` what is pressed for it."""

    key: str
    done: bool
    title: str
    text: str
    url: str
    action: str


def steps(organisation: Organisation) -> list[Step]:
    """The steps in their order; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDS, {"organisation": organisation.pk, "now": clock.now()})
        details, device, position, vehicle, installed, colleague = cursor.fetchone()
    waiting = 0 if device else len(unknown_devices(organisation))
    return [
        Step("details", details, _("Say who you are"),
             _("Address and VAT number stand on reports and on what your people read about their data."),
             reverse("reports:head"), _("Fill in the details")),
        _device(device, waiting),
        Step("position", position, _("See the first position"),
             _("Set the address below in the tracker or the app. Its first position appears on the map by itself."),
             reverse("live:map"), _("Look at the map")),
        _vehicle(vehicle, installed),
        Step("colleague", colleague, _("Invite a colleague"),
             _("A planner, a driver or a second manager gets a link by mail, with a role of his own."),
             reverse("organisation:members"), _("Invite somebody")),
    ]  # fmt: skip


def _device(done: bool, waiting: int) -> Step:
    if waiting:
        text = ngettext(
            "%(count)s unknown device calls here already: take it if it is yours.",
            "%(count)s unknown devices call here already: take those that are yours.", waiting,
        ) % {"count": waiting}  # fmt: skip
        return Step("device", done, _("Add a device"), text, reverse("devices:list") + "#unknown", _("Look who calls"))
    text = _("A tracker by its IMEI, or a phone with one of the free apps.")
    return Step("device", done, _("Add a device"), text, reverse("devices:add"), _("Add a device"))


def _vehicle(there: bool, installed: bool) -> Step:
    title = _("Put it into a vehicle")
    if there:
        text = _("Open the vehicle and say which device is in it, from when.")
        return Step(
            "vehicle", installed, title, text, reverse("register:list", args=["vehicles"]), _("Open the register")
        )
    text = _("Enter the first vehicle, or all of them from a file; then say which device is in it.")
    return Step("vehicle", False, title, text, reverse("register:add", args=["vehicles"]), _("Add a vehicle"))


def is_put_away(organisation: Organisation, account: int) -> bool:
    """Whether this account does not want to see the steps any more."""
    return FirstHour.objects.filter(organisation=organisation, account_id=account).exists()


def put_away(organisation: Organisation, account: Account, away: bool) -> None:
    """Put the steps away for an account, or take them out again."""
    mine = FirstHour.objects.filter(organisation=organisation, account=account)
    if not away:
        mine.delete()
        return
    FirstHour.objects.bulk_create(
        [FirstHour(organisation=organisation, account=account, dismissed_at=clock.now())], ignore_conflicts=True
    )


def shown_to(request: TenantRequest) -> list[Step]:
    """The steps for the pages of who can take them; empty when all are done or they were put away."""
    if request.organisation is None or not at_least(request.role, LEADS):
        return []
    if is_put_away(request.organisation, request.user.pk or 0):
        return []
    found = steps(request.organisation)
    return [] if all(one.done for one in found) else found


def begins_here(request: TenantRequest) -> bool:
    """Whether somebody's day begins with the steps: he can take them, and there is no device that could show anything.

    Opens a transaction of its own: the start page is asked for before one speaks for a tenant.
    """
    if request.organisation is None or not at_least(request.role, LEADS):
        return False
    with speaking_for(request.organisation.pk, request.user.pk):
        if is_put_away(request.organisation, request.user.pk or 0):
            return False
        return not next(one.done for one in steps(request.organisation) if one.key == "device")
