"""Visits as whoever asks may see them, and the note that he did.

A visit tells a place and two moments to the minute: of a person whom others see in cells, or not so far back, it is not
told at all; nor where a private trip of somebody else led.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection

from allconnects.accounts.actor import current
from allconnects.kit import clock
from allconnects.privacy.access import service as access
from allconnects.telemetry.live.snapshot import ms
from allconnects.telemetry.store.reader import PURPOSE
from allconnects.telemetry.store.sight import Sight, sights
from allconnects.telemetry.store.veil import Span, hidden_times

if TYPE_CHECKING:
    from allconnects.places.reading import Visit


def visits_seen(organisation: int, found: Sequence[Visit], *, beside: bool = False) -> list[Visit]:
    """What of these visits whoever acts now may see; written down. A process sees all.

    ``beside``: on a page that is looked at again and again, where many stand beside each other.
    """
    shown = told(organisation, found)
    people = [str(one.person) for one in shown if one.person is not None]
    days = [clock.day_of(one.enter) for one in shown if one.person is not None]
    if not people:
        return shown
    with connection.cursor() as cursor:
        if beside:
            access.note_beside(
                cursor, organisation, people, purpose=PURPOSE, scope="visits", days=days, size=len(people)
            )
        else:
            access.note(
                cursor, organisation, set(people), purpose=PURPOSE, scope="visits", first=min(days), last=max(days),
                size=len(people),
            )  # fmt: skip
    return shown


def told(organisation: int, found: Sequence[Visit]) -> list[Visit]:
    """The same, not written down: for what is worked out of them."""
    if current().is_process or not found:
        return list(found)
    with connection.cursor() as cursor:
        limits = sights(cursor, organisation)
    first, last = min(one.enter for one in found), max(one.leave for one in found)
    devices = sorted({one.device for one in found})
    private = hidden_times(organisation, devices, first, last, current().account)
    return [
        one for one in found
        if not hides(limits.get(str(one.person)), one.enter) and not _within(private.get(one.device, ()), one.enter)
    ]  # fmt: skip


def hides(sight: Sight | None, at: datetime) -> bool:
    """Whether others are not told of a place to the metre where a person was at a moment."""
    return sight is not None and (bool(sight.grid_e7) or sight.hides(at))


def _within(spans: Sequence[Span], at: datetime) -> bool:
    return any(first <= ms(at) <= last for first, last in spans)
