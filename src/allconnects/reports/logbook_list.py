"""Vehicles of a month of the logbook, page by page, with what their kilometres were for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from allconnects.fleet.models import Vehicle
from allconnects.kit import paging
from allconnects.kit.words import holds_all, words_of
from allconnects.reports.classifying import last_day
from allconnects.reports.data.sql import all_rows
from allconnects.reports.data.trips import trips
from allconnects.reports.definition import Ask
from allconnects.reports.purposes import purposes
from allconnects.trips.models import Use, Voice

_PAGE: Final = f"""
    SELECT v.id FROM fleet_vehicle v
    WHERE v.organisation_id = %(organisation)s
      AND (v.archived_at IS NULL
           OR EXISTS (SELECT FROM trips_trip t WHERE t.organisation_id = v.organisation_id AND t.vehicle = v.id
                      AND t.start_at >= %(begin)s AND t.start_at < %(end)s AND t.shown)
           OR EXISTS (SELECT FROM reports_logbookrow r WHERE r.organisation_id = v.organisation_id
                      AND r.vehicle_id = v.id AND r.entry = 'close' AND r.month = %(first)s))
      AND (%(after)s::integer IS NULL OR (v.name, v.id) > (
          SELECT a.name, a.id FROM fleet_vehicle a WHERE a.id = %(after)s))
      AND {holds_all("v.name || ' ' || v.plate")}
    ORDER BY v.name, v.id LIMIT %(limit)s"""


def page_of(organisation: int, month: date, text: str, cursor: str, limit: int) -> tuple[list[Vehicle], str]:
    """So many vehicles by name, in whose name or plate every word stands, and the cursor of the next page.

    Those that are put away are among them where they drove in the month or it is closed for them. Raises InvalidInput.
    """
    ask = Ask(organisation=organisation, first=month, last=last_day(month), purpose=purposes()["tax_logbook"])
    asked = {
        "organisation": organisation, "begin": ask.begin, "end": ask.end, "first": month, "words": words_of(text),
        "after": paging.number_of(cursor) if cursor else None, "limit": limit + 1,
    }  # fmt: skip
    keys: Sequence[int] = [row[0] for row in all_rows(_PAGE, asked)]
    keys, following = paging.cut(keys, limit, paging.cursor_of)
    return list(Vehicle.objects.filter(pk__in=keys).order_by("name", "pk")), following


def sums_of(ask: Ask) -> dict[int, dict[str, float]]:
    """Metres of each vehicle by use; ``rule``: how many trips only the rule classifies, ``count``: of how many.

    Vehicles that did not drive are missing.
    """
    sums: dict[int, dict[str, float]] = {}
    for trip in trips(ask, "vehicle_id") if ask.vehicles else ():
        if trip.vehicle_id is not None:
            one = sums.setdefault(trip.vehicle_id, dict.fromkeys((*Use.values, "rule", "count"), 0.0))
            one[trip.use] += trip.distance_m
            one["rule"] += trip.voice == Voice.RULE
            one["count"] += 1
    return sums
