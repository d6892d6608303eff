"""What is missing: trips whose driver nobody knows, devices that have gone silent, questions that nobody answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _

from allconnects.kit import clock
from allconnects.reports.columns import Row
from allconnects.reports.data.sql import VEHICLE, Where, day_of, stream
from allconnects.reports.data.trips import trips
from allconnects.reports.definition import Ask

_SILENT: Final = f"""
    SELECT {VEHICLE}, l.report_at, d.id
    FROM telemetry_device d
    LEFT JOIN telemetry_live l ON l.organisation_id = d.organisation_id AND l.device_id = d.id
    LEFT JOIN fleet_installation i ON i.organisation_id = d.organisation_id AND i.device_id = d.id
        AND i.during @> %(now)s::timestamptz
    LEFT JOIN fleet_vehicle v ON v.organisation_id = d.organisation_id AND v.id = i.vehicle_id
    WHERE d.organisation_id = %(organisation)s AND (l.report_at IS NULL OR l.report_at < %(since)s)"""
_QUESTIONS: Final = f"""
    SELECT v.name || CASE WHEN v.plate IN ('', v.name) THEN '' ELSE ' · ' || v.plate END, q.kind, q.asked_at,
        {day_of("lower(q.during)")}, q.id
    FROM fleet_question q JOIN fleet_vehicle v ON v.organisation_id = q.organisation_id AND v.id = q.vehicle_id
    WHERE q.organisation_id = %(organisation)s AND q.decided_at IS NULL
      AND lower(q.during) >= %(begin)s AND lower(q.during) < %(end)s"""


def exception_rows(ask: Ask) -> Iterator[Row]:
    """One row a thing that is missing, by kind."""
    if ask.group == "vehicle":
        found = sorted(
            [*_silent(ask), *_questions(ask), *_without_driver(ask)], key=lambda r: (str(r[1]).lower(), r[1])
        )
        return iter(found)
    return (row for part in (_without_driver, _questions, _silent) for row in part(ask))


def _without_driver(ask: Ask) -> Iterator[Row]:
    kind = _("Trip without driver")
    for trip in trips(ask, "vehicle", "start_at", "id"):
        if trip.person_id is None and trip.vehicle_id is not None:
            yield (kind, trip.vehicle, trip.day, trip.began, trip.distance_m, _("Say who drove"), 1,
                   f"t{trip.device}-{trip.number}")  # fmt: skip


def _silent(ask: Ask) -> Iterator[Row]:
    now = clock.now()
    where = Where.of(ask, vehicles="v.id")
    values = {**where.values, "now": now, "since": now - timedelta(hours=ask.numbers["silent_hours"])}
    kind = _("Silent device")
    for vehicle, last, device in stream(f"{_SILENT} {where.sql} ORDER BY 1, 3", values):
        said = _("Look at its power and reception") if last else _("It has never reported")
        yield kind, vehicle, last, last, None, said, 1, f"s{device}"


def _questions(ask: Ask) -> Iterator[Row]:
    from allconnects.fleet.models.evidence import QuestionKind

    words = {value: str(label) for value, label in QuestionKind.choices}
    where = Where.of(ask, vehicles="v.id")
    for vehicle, kind, asked, day, number in stream(f"{_QUESTIONS} {where.sql} ORDER BY 1, 3, 5", where.values):
        yield words.get(kind, kind), vehicle, day, asked, None, _("Answer it in the inbox"), 1, f"q{number}"
