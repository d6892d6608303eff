"""Writes down that somebody read who was in, or had, what. See ``privacy.access``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import connection

from allconnects.fleet.models import Occupancy
from allconnects.kit import clock
from allconnects.privacy.access import service as access
from allconnects.telemetry.store.reader import PURPOSE


def stays_read(found: Iterable[Occupancy], since: datetime, until: datetime) -> None:
    """Stays in vehicles between two moments, on a page where many stand beside each other."""
    rows = list(found)
    if not rows:
        return
    people = {str(one.person_id) for one in rows}
    with connection.cursor() as cursor:
        access.note_beside(
            cursor, rows[0].organisation_id, people, purpose=PURPOSE, scope="presence", days=_days(since, until),
            size=len(rows),
        )  # fmt: skip


def presence_read(organisation: int, people: Iterable[object], since: datetime, until: datetime) -> None:
    """Of whom a program, or a list that goes on, was told in which vehicles they were: one by one."""
    found = [str(one) for one in people if one is not None]
    first, last = _days(since, until)
    with connection.cursor() as cursor:
        access.note(
            cursor, organisation, set(found), purpose=PURPOSE, scope="presence", first=first, last=last, size=len(found)
        )


def _days(since: datetime, until: datetime) -> tuple[date, date]:
    first, last = (clock.day_of(at) for at in (since, max(since, until - timedelta(microseconds=1))))
    return first, last


def holders_read(organisation: int, people: Iterable[object]) -> None:
    """Who has a material now: a person is told by it."""
    found = {str(one) for one in people}
    today = clock.today()
    with connection.cursor() as cursor:
        access.note_beside(
            cursor, organisation, found, purpose=PURPOSE, scope="presence", days=(today,), size=len(found)
        )
