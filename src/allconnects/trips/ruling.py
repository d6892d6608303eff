"""Rules that an organisation sets for all its devices, a class of vehicles or one device, from a day on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.fleet.models.things import VehicleClass
from allconnects.kit import clock, config
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.telemetry.models import Device, Kind
from allconnects.telemetry.store.segments import bounds
from allconnects.trips.rules import PROFILES, rules_for
from allconnects.trips.store.rows import loaded
from allconnects.trips.store.settings import SCOPES

_ADD: Final = """
    INSERT INTO trips_rules (organisation_id, scope, key, from_day, rules, made_by, made_at)
    VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s) RETURNING id"""
_LIST: Final = """
    SELECT id, scope, key, from_day, rules, made_by, made_at FROM trips_rules WHERE organisation_id = %s
    ORDER BY from_day DESC, id DESC LIMIT 1000"""
_MARK: Final = """
    INSERT INTO trips_pending AS p (organisation_id, device_id, day, first_at, last_at, since)
    SELECT organisation_id, id, %s, %s, %s, %s FROM telemetry_device
    WHERE organisation_id = %s AND (%s::integer IS NULL OR id = %s)
    ON CONFLICT (organisation_id, device_id, day) DO UPDATE SET first_at = least(p.first_at, excluded.first_at),
        last_at = greatest(p.last_at, excluded.last_at), retry_after = NULL"""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Numbers set over those of the profile; the latest of one scope and key that has begun counts, whole."""

    id: int
    scope: str
    key: str
    from_day: date
    rules: dict[str, float]
    made_by: str
    made_at: datetime


def list_rules(organisation: int) -> list[RuleSet]:
    """All that were ever set, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [organisation])
        return [
            RuleSet(number, scope, key, day, loaded(rules), who, at)
            for number, scope, key, day, rules, who, at in cursor.fetchall()
        ]


def set_rules(
    organisation: int, scope: str, key: str, from_day: date, rules: Mapping[str, float], *, who: str
) -> RuleSet:
    """Set rules from a Brussels day on; empty ones take back what was set. Days that have passed are computed anew.

    Raises InvalidInput for an unknown scope, class, rule or number and for a day of which positions are gone,
    NotFound for an unknown device.
    """
    _check(scope, key)
    for profile in PROFILES:
        rules_for(profile, rules)
    today = clock.today()
    oldest = today - timedelta(days=config.current().position_days - 3)
    if not oldest <= from_day <= today + timedelta(days=366):
        raise InvalidInput(_("Rules begin on a day of which positions are still kept, and within a year."))
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [organisation, scope, key, from_day, json.dumps(dict(rules)), who, now])
        number = cursor.fetchall()[0][0]
        if from_day <= today:
            device = int(key) if scope == "device" else None
            cursor.execute(_MARK, [from_day, bounds(from_day)[0], now, now, organisation, device, device])
    return RuleSet(number, scope, key, from_day, dict(rules), who, now)


def _check(scope: str, key: str) -> None:
    if scope not in SCOPES or (scope == "organisation") != (key == ""):
        raise InvalidInput(_("Rules are set for the organisation, a class or a device."))
    if scope == "class" and key not in {*VehicleClass.values, *Kind.values}:
        raise InvalidInput(_("There is no such class of vehicles."))
    if scope == "device" and not (key.isdecimal() and len(key) < 10 and Device.objects.filter(pk=int(key)).exists()):
        raise NotFound(_("There is no such device."))
