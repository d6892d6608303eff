"""Rows about vehicles by day: how much they are used, how long they idle, what they burn. No times, no places."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from django.utils.translation import gettext as _

from allconnects.kit import clock
from allconnects.reports.columns import Row
from allconnects.reports.data.sql import Where, ordered, stream
from allconnects.reports.data.trips import Trip, trips
from allconnects.reports.definition import BRUSSELS, Ask
from allconnects.reports.factors import burnt, factors, idle_litres
from allconnects.reports.firm import hours_book
from allconnects.reports.hours import Schedule

# One row a vehicle and day, also where nothing moved: a vehicle that stands is what this report is for.
_USE: Final = """
    WITH driven AS (
        SELECT t.vehicle AS vehicle_id, (t.start_at AT TIME ZONE 'Europe/Brussels')::date AS day, count(*) AS trips,
            sum(t.distance_m) AS distance_m, sum(t.moving_s) AS moving_s, sum(t.idle_s) AS idle_s
        FROM trips_trip t
        WHERE t.organisation_id = %(organisation)s AND t.start_at >= %(begin)s AND t.start_at < %(end)s
          AND t.shown AND t.vehicle IS NOT NULL
        GROUP BY 1, 2)
    SELECT v.name || CASE WHEN v.plate IN ('', v.name) THEN '' ELSE ' · ' || v.plate END AS vehicle, v.vehicle_class,
        days.day, coalesce(driven.trips, 0) AS trips, coalesce(driven.distance_m, 0) AS distance_m,
        coalesce(driven.moving_s, 0) AS moving_s, coalesce(driven.idle_s, 0) AS idle_s, v.id
    FROM fleet_vehicle v
    CROSS JOIN (SELECT generate_series(%(first)s::date, %(last)s::date, '1 day')::date AS day) days
    LEFT JOIN driven ON driven.vehicle_id = v.id AND driven.day = days.day
    WHERE v.organisation_id = %(organisation)s
      AND (driven.trips > 0 OR (v.archived_at IS NULL AND v.state = 'active'
           AND days.day >= (v.created_at AT TIME ZONE 'Europe/Brussels')::date))"""


def use_rows(ask: Ask) -> Iterator[Row]:
    """One row a vehicle and day: trips, kilometres, hours, and the share of the working day it was in use."""
    where = Where.of(ask, vehicles="v.id")
    values = {**where.values, "first": ask.first, "last": min(ask.last, clock.now().astimezone(BRUSSELS).date())}
    schedule = hours_book(ask.organisation).whole
    words = vehicle_classes()
    sql = ordered(f"{_USE} {where.sql}", ask.group, "vehicle", "id", "day")
    lengths: dict[date, float] = {}
    for vehicle, kind, day, count, distance, moving, idle, key in stream(sql, values):
        length = lengths.setdefault(day, working_seconds(schedule, day))
        yield (
            vehicle, words.get(kind, kind), day, count, distance, moving, idle, moving + idle, length or None,
            None if not length else (moving + idle) / length, int(count > 0), int(length > 0), f"{key}",
        )  # fmt: skip


def working_seconds(schedule: Schedule, day: date) -> float:
    """How long people work on a day by its schedule."""
    total = 0.0
    for begin, end in schedule.spans.get(day.weekday(), ()):
        behind = day + timedelta(days=1) if end <= begin else day
        start = datetime.combine(day, begin, BRUSSELS).timestamp()
        total += datetime.combine(behind, end, BRUSSELS).timestamp() - start
    return total


def vehicle_classes() -> dict[str, str]:
    """Names of classes in the language of the reader."""
    from allconnects.fleet.models.things import VehicleClass

    return {value: str(label) for value, label in VehicleClass.choices}


def _by_vehicle_day(ask: Ask) -> Iterator[list[Trip]]:
    first = {"day": ("day", "vehicle")}.get(ask.group, ("vehicle", "day"))
    order = (*first, "device_id", "start_at")
    for _key, group in groupby(trips(ask, *order), key=lambda trip: (trip.vehicle, trip.day, trip.device)):
        yield list(group)


def idling_rows(ask: Ask) -> Iterator[Row]:
    """One row a vehicle, driver and day: how long the engine ran while the vehicle stood, and what that burnt."""
    first = {"person": ("person", "day", "vehicle"), "day": ("day", "vehicle")}.get(ask.group, ("vehicle", "day"))
    order = (*first, "device_id", "person_id", "start_at")
    key = lambda trip: (trip.vehicle, trip.day, trip.device, trip.person_id)  # noqa: E731
    for _key, group in groupby(trips(ask, *order), key=key):
        day = list(group)
        head, idle = day[0], sum(trip.idle_s for trip in day)
        driving = sum(trip.moving_s + trip.idle_s for trip in day)
        litres = idle_litres(idle, head.fuel or "", head.vehicle_class or "")
        fuel = factors()["fuels"].get(head.fuel or "", {})
        yield (
            head.vehicle, head.person, head.team, head.day, driving, idle, idle / driving if driving else None, litres,
            None if litres is None else litres * fuel["co2_kg"], len(day), f"{head.device}-{head.person_id}",
        )  # fmt: skip


def fuel_rows(ask: Ask) -> Iterator[Row]:
    """One row a vehicle and day: kilometres, fuel, CO2, and by what it was worked out."""
    from allconnects.fleet.models.things import Fuel

    fuels, classes = {value: str(label) for value, label in Fuel.choices}, vehicle_classes()
    words = {"register": _("Register (g/km)"), "class": _("Average of its class"), "unknown": _("Not known")}
    for day in _by_vehicle_day(ask):
        head, distance = day[0], sum(trip.distance_m for trip in day)
        used = burnt(distance, head.fuel or "", head.vehicle_class or "", head.co2_g_km)
        yield (
            head.vehicle, classes.get(head.vehicle_class or "", ""), fuels.get(head.fuel or "", ""), head.day, distance,
            used.litres, None if used.litres is None or not distance else used.litres / distance * 100_000, used.kwh,
            used.co2_kg, words[used.basis], f"{head.device}",
        )  # fmt: skip


def fuel_notes(ask: Ask) -> list[str]:
    """What the numbers of fuel were worked out from."""
    del ask
    return [
        _("Fuel and CO₂ are worked out from kilometres: by the CO₂ of the vehicle in the register, else by an average "
          "of its class. They are no measurement. Factors of %(version)s.") % {"version": factors()["version"]}
    ]  # fmt: skip
