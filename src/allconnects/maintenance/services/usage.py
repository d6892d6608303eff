"""Hours that materials ran, by their own trackers: a row a day, worked out again while late data may come."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import structlog
from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _

from allconnects.fleet.models import Material
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput
from allconnects.maintenance import ran
from allconnects.maintenance.models import Meter, MeterSource, Usage
from allconnects.telemetry.store.segments import bounds
from allconnects.telemetry.store.values import track_with_values

log = structlog.get_logger()
WHO = "process:maintenance"
BEFORE = timedelta(hours=26)
"""A tracker that reports once a day says with its last report before midnight how the day began."""
AGAIN_DAYS = 7
"""What a tracker sends later than that no longer changes the hours of a day."""
_MATERIALS = """
    SELECT DISTINCT ON (i.material_id) i.material_id, i.device_id, coalesce(m.source, 'auto'), coalesce(m.attribute, '')
    FROM fleet_installation i
    JOIN telemetry_live l ON l.organisation_id = i.organisation_id AND l.device_id = i.device_id
    LEFT JOIN maintenance_meter m ON m.material_id = i.material_id
    WHERE i.material_id IS NOT NULL AND i.main AND i.during && tstzrange(%(start)s, %(end)s)
      AND l.report_at >= %(start)s
    ORDER BY i.material_id, lower(i.during) DESC"""


class Tracked(NamedTuple):
    """A material with the tracker in it, and what tells its hours."""

    material: int
    device: int
    source: str
    attribute: str


def refresh(organisation: int, days: int) -> int:
    """Work out the hours of today and the days before. Returns how many days of materials were looked at."""
    today = clock.today()
    looked = 0
    for back in range(days):
        day = today - timedelta(days=back)
        for one in _tracked(*bounds(day)):
            looked += 1
            _careful(organisation, one, day)
    return looked


def _tracked(start: datetime, end: datetime) -> list[Tracked]:
    with connection.cursor() as cursor:
        cursor.execute(_MATERIALS, {"start": start, "end": end})
        return [Tracked(*row) for row in cursor.fetchall()]


def _careful(organisation: int, one: Tracked, day: date) -> None:
    """Where history may not be read, what is known stays as it is."""
    try:
        found = of_day(organisation, one, day)
    except AllconnectsError as error:
        log.info("maintenance.not_looked_at", reason=error.code)
        return
    if found is None:
        Usage.objects.filter(material_id=one.material, day=day).delete()
        return
    seconds, source = found
    Usage.objects.update_or_create(
        organisation_id=organisation, material_id=one.material, day=day,
        defaults={"seconds": round(seconds), "source": source},
    )  # fmt: skip


def of_day(organisation: int, one: Tracked, day: date) -> tuple[float, str] | None:
    """Seconds of a Brussels day (23, 24 or 25 hours) and what told so; None when nothing tells.

    Raises as ``telemetry.store.reader.track``.
    """
    start, end = bounds(day)
    names = {"hours", "ignition"} | ({one.attribute} if one.attribute else set())
    with connection.cursor() as cursor:
        found = track_with_values(cursor, organisation, one.device, start - BEFORE, end, names, who=WHO)
    said = {name: _numbers([row.get(name) for row in found.attributes]) for name in names}
    columns = {
        "counter": said["hours"],
        "ignition": said["ignition"],
        "input": said.get(one.attribute, np.full(len(found.attributes), np.nan)),
        "speed_kmh": found.positions.speed_kmh.astype(np.float64),
    }
    start_ms, end_ms = (round(at.timestamp() * 1000) for at in (start, end))
    return ran.seconds(found.positions.time_ms, columns, one.source, start_ms, end_ms)


def _numbers(values: list[object]) -> ran.Floats:
    return np.array([float(v) if isinstance(v, (int, float)) else np.nan for v in values], np.float64)


def hours_between(first: date, last: date) -> dict[int, float]:
    """Hours that each material ran from one day to another, both included."""
    rows = Usage.objects.filter(day__gte=first, day__lte=last).values("material_id").annotate(total=Sum("seconds"))
    return {one["material_id"]: one["total"] / 3600 for one in rows}


def days_of(material: int, first: date, last: date) -> list[Usage]:
    """The days of a material, in order."""
    return list(Usage.objects.filter(material_id=material, day__gte=first, day__lte=last).order_by("day"))


def set_meter(organisation: int, material: Material, source: str, attribute: str) -> Meter:
    """Say what tells that a material runs; counted anew from today. Raises InvalidInput."""
    if source not in MeterSource.values:
        raise InvalidInput(_("“%(value)s” is not one of the choices.") % {"value": source[:40]})
    attribute = attribute.strip() if source == MeterSource.INPUT else ""
    if source == MeterSource.INPUT and (not attribute.isidentifier() or len(attribute) > 60):
        raise InvalidInput(_("Name the input as the device sends it, such as in1."))
    made, _new = Meter.objects.update_or_create(
        organisation_id=organisation, material=material, defaults={"source": source, "attribute": attribute}
    )
    return made
