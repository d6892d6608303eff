"""The ways in of this room: badges, and the phones and trackers that a person carries."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.leaving import Leaver, Way, register
from allconnects.accounts.models import Organisation
from allconnects.fleet.models import Badge, Installation
from allconnects.fleet.services import badging, installing
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.telemetry import services as devices
from allconnects.telemetry.models import Kind

_NOBODY = UUID(int=0)


def _who(leaver: Leaver) -> Who:
    return Who(Organisation.objects.get(pk=leaver.organisation))


def _badges(leaver: Leaver) -> QuerySet[Badge]:
    return Badge.objects.filter(
        organisation_id=leaver.organisation, person_id=leaver.person or _NOBODY, revoked_at=None
    )


def _take_badges(leaver: Leaver) -> int:
    if leaver.person is None:
        return 0
    found = list(_badges(leaver))
    for badge in found:
        badging.take_back(_who(leaver), badge.pk)
    return len(found)


def _carried(leaver: Leaver) -> QuerySet[Installation]:
    """What the person carries, now or by plan."""
    return Installation.objects.filter(
        organisation_id=leaver.organisation, person_id=leaver.person or _NOBODY, during__overlap=(clock.now(), None)
    ).select_related("device")


def _take_devices(leaver: Leaver) -> int:
    """The secret of a phone becomes one that nobody has: whatever it sends from now on is turned away."""
    if leaver.person is None:
        return 0
    found = list(_carried(leaver))
    for one in found:
        if one.device.kind == Kind.PHONE:
            devices.change_device(one.device_id, one.device.name, Kind.PHONE, secrets.token_urlsafe(32))
        _take(leaver, one)
    return len(found)


def _take(leaver: Leaver, one: Installation) -> None:
    now = clock.now()
    if one.during.lower < now:
        installing.uninstall(_who(leaver), one.pk, now)
    else:
        Installation.objects.filter(pk=one.pk).delete()


register(
    Way(
        "badges", _("Badges"), ("fleet_badge",),
        lambda one: [f"{b.get_kind_display()} …{b.last4}" for b in _badges(one)] if one.person else [],
        _take_badges,
    )
)  # fmt: skip
register(
    Way(
        "devices", _("Phone and trackers that the person carries"), ("telemetry_device",),
        lambda one: [i.device.name for i in _carried(one)] if one.person else [],
        _take_devices,
    )
)  # fmt: skip
