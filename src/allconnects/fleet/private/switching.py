"""A switch in the vehicle that asks for private time, and what private time leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _

from allconnects.fleet.models import How, PrivateTime
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.telemetry.models import Device
from allconnects.telemetry.store import gate
from allconnects.telemetry.store.occupancy import stays
from allconnects.telemetry.store.reader import track

INPUTS: Final = ("privateMode", "in1", "in2", "in3", "in4")
"""What trackers report of themselves, and inputs to which a switch can be wired."""
NEAR: Final = timedelta(days=2)
"""So near the ends of private time a count of the odometer says how far it was."""
_SWITCHED = """
    SELECT device_id, lower(during), CASE WHEN isfinite(upper(during)) THEN upper(during) END FROM telemetry_private
    WHERE organisation_id = %s AND reason = 'input' AND coalesce(upper(during), 'infinity') > %s
    ORDER BY device_id, 2"""
_VEHICLE = """
    SELECT vehicle_id FROM fleet_installation
    WHERE organisation_id = %s AND device_id = %s AND during @> %s::timestamptz"""


def choose(organisation: int, device: int, attribute: str) -> None:
    """Say by which attribute a device reports its switch; empty: it has none. Raises NotFound, InvalidInput."""
    if attribute not in ("", *INPUTS):
        raise InvalidInput(_("This input is not known."))
    found = Device.objects.filter(pk=device).first()
    if found is None:
        raise NotFound(_("There is no such device."))
    if found.private_input != attribute:
        with connection.cursor() as cursor:
            gate.set_input(cursor, organisation, device, attribute)


def notice(organisation: int, device: int, since: datetime) -> None:
    """A tracker of which nobody said so reports that it is private: from now on it is heard, and from then on too."""
    if Device.objects.filter(pk=device, private_input="").exists():
        with connection.cursor() as cursor:
            gate.set_input(cursor, organisation, device, "privateMode")
            gate.make_private(cursor, organisation, device, since, None, "input")


def write_down(organisation: int) -> int:
    """Rows for private time that switches began, so that who had the vehicle reads of it. Returns how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_SWITCHED, [organisation, clock.now() - timedelta(days=3)])
        rows = cursor.fetchall()
        count = 0
        for device, start, end in rows:
            known = PrivateTime.objects.filter(device_id=device, start=start, how=How.INPUT).first()
            if known is not None:
                if known.end != end:
                    known.end = end
                    known.save(update_fields=["end"])
                continue
            who = stays(cursor, organisation, device, start, start + timedelta(seconds=1))
            if not who or (end is None and PrivateTime.objects.filter(device_id=device, end=None).exists()):
                continue
            cursor.execute(_VEHICLE, [organisation, device, start])
            vehicle = cursor.fetchone()
            PrivateTime.objects.create(
                organisation_id=organisation, person_id=who[0].person, device_id=device,
                vehicle_id=vehicle[0] if vehicle else None, start=start, end=end, how=How.INPUT,
            )  # fmt: skip
            count += 1
    return count


def measure(organisation: int) -> int:
    """Kilometres of private times that ended, by the odometer before and after. Returns how many are known now."""
    since, count = clock.now() - timedelta(days=3), 0
    for one in PrivateTime.objects.filter(organisation_id=organisation, distance_m=None, end__gt=since):
        assert one.end is not None
        before = _odometer(organisation, one.device_id, one.start - NEAR, one.start, last=True)
        after = _odometer(organisation, one.device_id, one.end, min(one.end + NEAR, clock.now()), last=False)
        if before is not None and after is not None and after >= before:
            one.distance_m = after - before
            one.save(update_fields=["distance_m"])
            count += 1
    return count


def _odometer(organisation: int, device: int, start: datetime, end: datetime, *, last: bool) -> float | None:
    """The last or first count of the odometer in a time, in metres; None where the device told none."""
    with connection.cursor() as cursor:
        found = track(cursor, organisation, device, start, end, who="process:worker", signals=True)
    counts = found.odometer_m
    if counts is None:
        return None
    known = counts[~np.isnan(counts)]
    return float(known[-1 if last else 0]) if len(known) else None
