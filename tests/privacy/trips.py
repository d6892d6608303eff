"""A trip as it is stored, for tests of who may see it."""

from __future__ import annotations

from datetime import datetime, timedelta

from allconnects.trips.stored import Decision, StoredTrip, Why
from tests.privacy.driving import LAT, LON, Driving


def a_trip(driven: Driving, start: datetime) -> StoredTrip:
    """Half an hour of the driver in the van."""
    why = Why(Decision("moved", ()), Decision("stood", ()))
    return StoredTrip(
        id=1, device=driven.device.id, person=driven.person.pk, vehicle=driven.vehicle.pk, material=None, start=start,
        end=start + timedelta(minutes=30), start_lat=LAT, start_lon=LON, end_lat=50.9, end_lon=4.4, start_place="",
        end_place="", distance_m=20_000, distance_why="gps", distance_gps_m=20_000, distance_odometer_m=None,
        moving_s=1800, idle_s=0, max_speed_kmh=None, max_speed_source="", start_estimated=False, end_estimated=False,
        still_open=False, purpose="", purpose_by="", shown=True, computed=True, changed=False, corrections=(),
        rules_version="1",
        why=why,
    )  # fmt: skip
