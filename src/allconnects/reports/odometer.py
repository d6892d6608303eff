"""The odometer of a vehicle at both ends of a month: the last reading in the register, carried on by trips.

A reading that was entered since may not fit what trips say: the difference to the end of the month before is kilometres
that stand in no trip, and the logbook says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from allconnects.fleet.models import Vehicle
from allconnects.kit.clock import BRUSSELS
from allconnects.reports import shown
from allconnects.reports.data.sql import all_rows

_DRIVEN: Final = """
    SELECT coalesce(sum(distance_m) FILTER (WHERE start_at >= %(read)s AND start_at < %(at)s), 0)
         - coalesce(sum(distance_m) FILTER (WHERE start_at >= %(at)s AND start_at < %(read)s), 0)
    FROM trips_trip WHERE organisation_id = %(organisation)s AND vehicle = %(vehicle)s AND shown
      AND start_at >= least(%(read)s, %(at)s) AND start_at < greatest(%(read)s, %(at)s)"""
SLACK_M: Final = 1000
"""Readings are taken in whole kilometres."""


def stands(organisation: int, vehicle: int, begin: datetime, end: datetime, before_m: int | None) -> dict[str, Any]:
    """Metres at both ends, the day of the reading, and ``gap_m`` since ``before_m``; empty without a reading."""
    found = Vehicle.objects.filter(organisation_id=organisation, pk=vehicle).first()
    if found is None or found.odometer_m is None or found.odometer_at is None:
        return {}
    ends = [round(found.odometer_m + _driven(organisation, vehicle, found.odometer_at, at)) for at in (begin, end)]
    told = {"begin_m": ends[0], "end_m": ends[1], "read_on": f"{found.odometer_at.astimezone(BRUSSELS):%Y-%m-%d}"}
    return told if before_m is None else {**told, "gap_m": ends[0] - before_m}


def _driven(organisation: int, vehicle: int, read: datetime, at: datetime) -> float:
    ((metres,),) = all_rows(_DRIVEN, {"organisation": organisation, "vehicle": vehicle, "read": read, "at": at})
    return float(metres)


def sentences(told: Mapping[str, Any] | None) -> Iterator[str]:
    """What people read of it."""
    if not told:
        yield _("Odometer: nobody has entered a reading of this vehicle.")
        return
    values = {
        "begin": _km(told["begin_m"]), "end": _km(told["end_m"]), "day": shown.day(date.fromisoformat(told["read_on"])),
    }  # fmt: skip
    yield (
        _("Odometer: %(begin)s km at the beginning, %(end)s km at the end; by the reading of %(day)s and trips.")
        % values
    )
    if abs(told.get("gap_m", 0)) > SLACK_M:
        yield _("%(km)s km between the end of the month before and this beginning stand in no trip.") % {
            "km": _km(told["gap_m"])
        }


def _km(metres: int) -> str:
    return shown.number(metres / 1000, 0)
