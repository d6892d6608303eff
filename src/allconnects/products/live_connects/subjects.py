"""What a device stands for on the map now: the vehicle or material that it is in, its groups, the teams that use it."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from allconnects.kit import clock

_SUBJECTS = """
    WITH used AS (
        SELECT o.vehicle_id, array_agg(DISTINCT t.name) AS teams
        FROM fleet_occupancy o
        JOIN fleet_teammember m ON m.organisation_id = o.organisation_id AND m.person_id = o.person_id
                               AND m.since <= %(day)s AND (m.until IS NULL OR m.until >= %(day)s)
        JOIN fleet_team t ON t.organisation_id = m.organisation_id AND t.id = m.team_id AND t.archived_at IS NULL
        WHERE o.during @> %(now)s::timestamptz
        GROUP BY o.vehicle_id)
    SELECT i.device_id, CASE WHEN v.id IS NULL THEN 'material' ELSE 'vehicle' END,
           coalesce(v.name, m.name), coalesce(v.plate, ''), coalesce(v.groups, m.groups, '{}'),
           coalesce(used.teams, '{}')
    FROM fleet_installation i
    LEFT JOIN fleet_vehicle v ON v.organisation_id = i.organisation_id AND v.id = i.vehicle_id
    LEFT JOIN fleet_material m ON m.organisation_id = i.organisation_id AND m.id = i.material_id
    LEFT JOIN used ON used.vehicle_id = v.id
    WHERE i.during @> %(now)s::timestamptz AND i.main AND i.person_id IS NULL
    ORDER BY i.device_id"""
"""Whom a device is on is not told here: a person is no thing of the map."""


class Subject(NamedTuple):
    """``kind``: vehicle or material; ``plate`` empty for materials; ``teams``: of who is in it now."""

    device: int
    kind: str
    name: str
    plate: str
    groups: list[str]
    teams: list[str]


def subjects() -> list[Subject]:
    """What every device of the organisation stands for; one query."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_SUBJECTS, {"now": now, "day": clock.day_of(now)})
        return [Subject(*row) for row in cursor.fetchall()]
