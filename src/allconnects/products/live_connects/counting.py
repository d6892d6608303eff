"""Counts what every vehicle did on each of the last days, from trips. What trips say differently later is put right."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import connection

from allconnects.kit import clock
from allconnects.telemetry.store.segments import bounds

DAYS: Final = 28
"""As far back as overviews look; what is older goes."""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('live_use'), %s)"
_COUNT = """
    WITH did AS (
        SELECT vehicle, (start_at AT TIME ZONE 'Europe/Brussels')::date AS day, count(*) AS trips,
               sum(distance_m) AS distance_m, sum(moving_s) AS driving_s, sum(idle_s) AS idle_s
        FROM trips_trip
        WHERE organisation_id = %(organisation)s AND shown AND start_at >= %(start)s AND start_at < %(end)s
        GROUP BY 1, 2
        UNION ALL
        SELECT vehicle, day, 0, 0, 0, sum(idle_s) FROM trips_idle(%(organisation)s, %(start)s, %(end)s) GROUP BY 1, 2),
    counted AS (
        SELECT d.vehicle AS vehicle_id, d.day, sum(d.trips) AS trips, sum(d.distance_m) AS distance_m,
               sum(d.driving_s) AS driving_s, sum(d.idle_s) AS idle_s
        FROM did d JOIN fleet_vehicle v ON v.organisation_id = %(organisation)s AND v.id = d.vehicle
        GROUP BY 1, 2),
    gone AS (
        DELETE FROM live_use u WHERE u.organisation_id = %(organisation)s AND u.day BETWEEN %(first)s AND %(last)s
        AND NOT EXISTS (SELECT FROM counted c WHERE c.vehicle_id = u.vehicle_id AND c.day = u.day))
    INSERT INTO live_use AS u (organisation_id, vehicle_id, day, trips, distance_m, driving_s, idle_s)
    SELECT %(organisation)s, vehicle_id, day, trips, distance_m, driving_s, idle_s FROM counted
    ON CONFLICT (organisation_id, day, vehicle_id) DO UPDATE
    SET trips = excluded.trips, distance_m = excluded.distance_m, driving_s = excluded.driving_s,
        idle_s = excluded.idle_s
    WHERE (u.trips, u.distance_m, u.driving_s, u.idle_s)
          IS DISTINCT FROM (excluded.trips, excluded.distance_m, excluded.driving_s, excluded.idle_s)"""
_OLD = "DELETE FROM live_use WHERE organisation_id = %s AND day < %s"


def count_use(organisation: int, days: int = DAYS) -> None:
    """Bring the counts of the last days up to date, today included; a trip counts for the day on which it starts."""
    last = clock.today()
    first = last - timedelta(days=days - 1)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [organisation])
        cursor.execute(
            _COUNT,
            {
                "organisation": organisation, "first": first, "last": last, "start": bounds(first)[0],
                "end": bounds(last)[1],
            },
        )  # fmt: skip
        cursor.execute(_OLD, [organisation, last - timedelta(days=DAYS - 1)])
