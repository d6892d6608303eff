"""Rows about vehicles by day: how much they are used, how long they idle, what they burn. No times, no places."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from allconnects.reports.columns import Row
from allconnects.reports.data.others import Others
from allconnects.reports.data.sql import PERSON, VEHICLE, Where, day_of, ordered, stream, team_at
from allconnects.reports.definition import Ask
from allconnects.reports.factors import burnt, factors, idle_litres
from allconnects.reports.firm import hours_book
from allconnects.reports.hours import Schedule

# One row a vehicle and day, also where nothing moved: a vehicle that stands is what this report is for.
_USE: Final = """
    WITH did AS (
        SELECT t.vehicle, (t.start_at AT TIME ZONE 'Europe/Brussels')::date AS day, count(*) AS trips,
            sum(t.distance_m) AS distance_m, sum(t.moving_s) AS moving_s, sum(t.idle_s) AS idle_s
        FROM trips_trip t
        WHERE t.organisation_id = %(organisation)s AND t.start_at >= %(begin)s AND t.start_at < %(end)s
          AND t.shown AND t.vehicle IS NOT NULL
        GROUP BY 1, 2
        UNION ALL
        SELECT vehicle, day, 0, 0, 0, sum(idle_s) FROM trips_idle(%(organisation)s, %(begin)s, %(end)s)
        WHERE vehicle IS NOT NULL GROUP BY 1, 2),
    driven AS (
        SELECT vehicle AS vehicle_id, day, sum(trips)::int AS trips, sum(distance_m) AS distance_m,
            sum(moving_s) AS moving_s, sum(idle_s) AS idle_s
        FROM did GROUP BY 1, 2)
    SELECT v.name || CASE WHEN v.plate IN ('', v.name) THEN '' ELSE ' · ' || v.plate END AS vehicle, v.vehicle_class,
        days.day, coalesce(driven.trips, 0) AS trips, coalesce(driven.distance_m, 0) AS distance_m,
        coalesce(driven.moving_s, 0) AS moving_s, coalesce(driven.idle_s, 0) AS idle_s, v.id
    FROM fleet_vehicle v
    CROSS JOIN (SELECT generate_series(%(first)s::date, %(last)s::date, '1 day')::date AS day) days
    LEFT JOIN driven ON driven.vehicle_id = v.id AND driven.day = days.day
    WHERE v.organisation_id = %(organisation)s
      AND (driven.vehicle_id IS NOT NULL OR (v.archived_at IS NULL AND v.state = 'active'
           AND days.day >= (v.created_at AT TIME ZONE 'Europe/Brussels')::date))"""


def use_rows(ask: Ask) -> Iterator[Row]:
    """One row a vehicle and day: trips, kilometres, hours, and the share of the working day it was in use."""
    where = Where.of(ask, vehicles="v.id")
    values = {**where.values, "first": ask.first, "last": min(ask.last, clock.today())}
    schedule = hours_book(ask.organisation).whole
    words = vehicle_classes()
    sql = ordered(f"{_USE} {where.sql}", ask.group, "vehicle", "id", "day")
    lengths: dict[date, float] = {}
    for vehicle, kind, day, count, distance, moving, idle, key in stream(sql, values):
        length = lengths.setdefault(day, working_seconds(schedule, day))
        yield (
            vehicle, words.get(kind, kind), day, count, distance, moving, idle, moving + idle if length else None,
            length or None, None if not length else (moving + idle) / length, int(count > 0), int(length > 0), f"{key}",
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


_NOON: Final = "((w.day + time '12:00') AT TIME ZONE 'Europe/Brussels')"
# One row a device, driver and day: what its trips and the engine in its stops add up to.
_IDLING: Final = f"""
    WITH did AS (
        SELECT t.device_id, t.vehicle, t.person, {day_of("t.start_at")} AS day, count(*) AS trips,
            sum(t.moving_s) AS moving_s, sum(t.idle_s) AS idle_s
        FROM trips_trip t
        WHERE t.organisation_id = %(organisation)s AND t.start_at >= %(begin)s AND t.start_at < %(end)s
          AND t.shown AND t.material IS NULL
        GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT device_id, vehicle, person, day, 0, 0, sum(idle_s)
        FROM trips_idle(%(organisation)s, %(begin)s, %(end)s) GROUP BY 1, 2, 3, 4),
    whole AS (
        SELECT device_id, vehicle, person, day, sum(trips)::int AS trips, sum(moving_s) AS moving_s,
            sum(idle_s) AS idle_s
        FROM did GROUP BY 1, 2, 3, 4)
    SELECT {VEHICLE} AS vehicle, {PERSON} AS person, {team_at(_NOON)} AS team, w.day, w.trips, w.moving_s, w.idle_s,
        v.fuel, v.vehicle_class, w.device_id, v.id AS vehicle_id, p.id AS person_id
    FROM whole w
    JOIN telemetry_device d ON d.organisation_id = %(organisation)s AND d.id = w.device_id
    LEFT JOIN fleet_vehicle v ON v.organisation_id = %(organisation)s AND v.id = w.vehicle
    LEFT JOIN fleet_person p ON p.organisation_id = %(organisation)s AND p.id = w.person
    WHERE d.kind <> 'material'"""


def idling_rows(ask: Ask) -> Iterator[Row]:
    """One row a vehicle, driver and day: how long the engine ran while the vehicle stood, and what that burnt.

    Within trips and in stops; sums without times and places, so it is made only for purposes of all hours.
    """
    first = {"person": ("person", "day", "vehicle"), "day": ("day", "vehicle")}.get(ask.group, ("vehicle", "day"))
    where = Where.of(ask, vehicles="v.id", people="p.id").team(ask, _NOON)
    others = Others(ask)
    sql = ordered(f"{_IDLING} {where.sql}", ask.group, *first, "device_id", "vehicle_id", "person_id")
    for row in stream(sql, where.values):
        vehicle, person, team, day, count, moving, idle, fuel, kind, device, number, who = row
        if who is not None:
            others.counted(str(who))
        litres = idle_litres(idle, fuel or "", kind or "")
        co2_kg = None if litres is None else litres * factors()["fuels"][fuel]["co2_kg"]
        yield (
            vehicle, person, team, day, moving, idle, moving + idle, idle / (moving + idle) if moving + idle else None,
            litres, co2_kg, count, f"{device}-{number}-{who}",
        )  # fmt: skip
    others.note()


def idling_notes(ask: Ask) -> list[str]:
    """What the numbers of idling were worked out from."""
    del ask
    return [
        _("Fuel of idling is worked out from its time and an average of the class of the vehicle, an estimate. "
          "Where a device does not tell the ignition, only standing within trips counts.")
    ]  # fmt: skip


_DRIVEN: Final = f"""
    SELECT {VEHICLE} AS vehicle, v.vehicle_class, v.fuel, w.day, w.distance_m, v.co2_g_km, w.device_id,
        v.id AS vehicle_id
    FROM (SELECT t.device_id, t.vehicle, {day_of("t.start_at")} AS day, sum(t.distance_m) AS distance_m
          FROM trips_trip t
          WHERE t.organisation_id = %(organisation)s AND t.start_at >= %(begin)s AND t.start_at < %(end)s
            AND t.shown AND t.material IS NULL
          GROUP BY 1, 2, 3) w
    JOIN telemetry_device d ON d.organisation_id = %(organisation)s AND d.id = w.device_id
    LEFT JOIN fleet_vehicle v ON v.organisation_id = %(organisation)s AND v.id = w.vehicle
    WHERE d.kind <> 'material'"""


def fuel_rows(ask: Ask) -> Iterator[Row]:
    """One row a vehicle and day: kilometres, fuel, CO2, and by what it was worked out."""
    from allconnects.fleet.models.things import Fuel

    fuels, classes = {value: str(label) for value, label in Fuel.choices}, vehicle_classes()
    words = {"register": _("Register (g/km)"), "class": _("Average of its class"), "unknown": _("Not known")}
    first = {"day": ("day", "vehicle")}.get(ask.group, ("vehicle", "day"))
    where = Where.of(ask, vehicles="v.id")
    sql = ordered(f"{_DRIVEN} {where.sql}", ask.group, *first, "device_id", "vehicle_id")
    for vehicle, kind, fuel, day, distance, co2_g_km, device, number in stream(sql, where.values):
        used = burnt(distance, fuel or "", kind or "", co2_g_km)
        yield (
            vehicle, classes.get(kind or "", ""), fuels.get(fuel or "", ""), day, distance, used.litres,
            None if used.litres is None or not distance else used.litres / distance * 100_000,
            None if used.litres is None else distance, used.kwh, used.co2_kg, words[used.basis], f"{device}-{number}",
        )  # fmt: skip


def fuel_notes(ask: Ask) -> list[str]:
    """What the numbers of fuel were worked out from."""
    del ask
    return [
        _("Fuel and CO₂ are worked out from kilometres: by the CO₂ of the vehicle in the register, else by an average "
          "of its class. They are no measurement. Factors of %(version)s.") % {"version": factors()["version"]},
        _("Averages of classes are estimates, not official numbers."),
    ]  # fmt: skip
