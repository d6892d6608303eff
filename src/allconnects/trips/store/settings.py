"""Rules that an organisation set, as periods from Brussels midnights on."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from allconnects.telemetry.store.segments import Cursor, bounds
from allconnects.trips.rules import rules_for
from allconnects.trips.store.rows import loaded
from allconnects.trips.stretch import Period

SCOPES: Final = ("organisation", "class", "device")
_OF_DEVICE = """
    SELECT scope, from_day, rules FROM trips_rules
    WHERE organisation_id = %s AND (scope = 'organisation' OR scope = 'class' AND key = %s
        OR scope = 'device' AND key = %s)
    ORDER BY from_day, id"""


def periods(cursor: Cursor, organisation: int, device: int, klass: str, profile: str) -> list[Period]:
    """The rules of a device over time. Of rows of one scope the latest that has begun counts; later scopes win."""
    cursor.execute(_OF_DEVICE, (organisation, klass, str(device)))
    return over_time(profile, [(scope, day, loaded(rules)) for scope, day, rules in cursor.fetchall()])


def over_time(profile: str, rows: list[tuple[str, date, dict[str, float]]]) -> list[Period]:
    """Periods out of rows in the order of their first day and number."""
    found = [Period(-(2**62), rules_for(profile))]
    set_now: dict[str, Any] = {}
    for scope, day, rules in rows:
        set_now[scope] = rules
        at = round(bounds(day)[0].timestamp() * 1000)
        period = Period(at, rules_for(profile, *(set_now[name] for name in SCOPES if name in set_now)))
        if found[-1].from_ms == at:
            found.pop()
        if not found or period.rules != found[-1].rules:
            found.append(period)
    return found
