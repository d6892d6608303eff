"""Stays at sites that nobody closed become questions in the inbox: of who came in a vehicle that stayed there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from allconnects.fleet.models import Question
from allconnects.fleet.services import open_stays
from allconnects.fleet.services.open_stays import OpenStay
from allconnects.kit import clock
from allconnects.places.models import Place
from allconnects.reports.data.answered import Answers
from allconnects.reports.data.places import PRESENCE, inferred
from allconnects.reports.data.sql import all_rows
from allconnects.reports.firm import hours_book
from allconnects.telemetry.store.segments import bounds
from allconnects.telemetry.store.sight import sights

LOOKED_BACK: Final = timedelta(days=7)
"""Stays that began longer ago are asked about no more: months for payroll still tell them as missing."""
# A vehicle stands at a depot or on a parking at night: asked each day of each driver, nobody would answer.
# A badge that was never out is a question already, and its answer says until when he was there.
_CAME: Final = f"""{PRESENCE} AND w.enter >= %(begin)s AND i.person_id IS NULL AND p.id IS NOT NULL
      AND pl.kind NOT IN ('depot', 'parking') AND NOT EXISTS (
        SELECT FROM fleet_question q
        WHERE q.organisation_id = w.organisation_id AND q.kind = 'no_out' AND q.decided_at IS NULL
          AND q.vehicle_id = v.id AND q.person_id = p.id AND q.during && tstzrange(w.enter, w.leave, '[]'))
    ORDER BY w.enter"""


def ask(organisation: int) -> None:
    """Ask about what nobody closed in the last days; what is closed meanwhile waits no more. To be called as often as
    one likes."""
    now = clock.now()
    since = bounds(clock.day_of(now - LOOKED_BACK))[0]
    open_stays.ask(organisation, list(_unclosed(organisation, since, now)), since)


def _unclosed(organisation: int, since: datetime, until: datetime) -> Iterator[OpenStay]:
    values = {"organisation": organisation, "begin": since, "end": until}
    book, answers = hours_book(organisation), Answers.read(values)
    for row in all_rows(_CAME, values):
        if not inferred(book, answers, row).closed:
            yield OpenStay(vehicle=row[13], person=row[7], place=row[9], enter=row[5], leave=row[6])


def site_names(organisation: int, questions: Iterable[Question]) -> dict[int, str]:
    """By question the site that it is about, as whoever asks may see it; left out of people whose places are coarse
    or hidden for him."""
    asked = [(one, one.place) for one in questions if one.place is not None]
    if not asked:
        return {}
    names = dict(Place.objects.filter(pk__in={place for _one, place in asked}).values_list("pk", "name"))
    with connection.cursor() as cursor:
        limits = sights(cursor, organisation)
    return {one.pk: names.get(place, "") for one, place in asked if not _hidden(limits, one)}


def _hidden(limits: dict[str, Any], one: Question) -> bool:
    sight = limits.get(str(one.person_id))
    return sight is not None and bool(sight.grid_e7 or sight.hides(one.during.lower))
