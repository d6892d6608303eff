"""Corrections by people: each is written with its reason, and the trips around it are computed anew at once.

``who``: as the log of the vault names who asks, such as ``account:12`` or ``token``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.kit import config
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.trips import purposes
from allconnects.trips.effect import SAID
from allconnects.trips.private import people_of
from allconnects.trips.purposes import Speaker
from allconnects.trips.reading import trip_by_id, trips_between
from allconnects.trips.recompute import Work, recompute
from allconnects.trips.store import corrections as store
from allconnects.trips.stored import PURPOSES, Change, Correction, StoredTrip

LONGEST_MERGE: Final = timedelta(days=7)
LONGEST_TEXT: Final = 200


class TooOld(InvalidInput):
    """The positions are no longer kept, so the trips cannot be computed anew."""

    code = "trip_too_old"


def merge(organisation: int, trips: Sequence[int], *, reason: str, who: str) -> StoredTrip:
    """Make one trip of neighbours of one device. Returns it. Raises NotFound, InvalidInput."""
    found = sorted((_shown(organisation, one) for one in set(trips)), key=lambda one: one.start)
    if len(found) < 2:
        raise InvalidInput(_("Choose at least two trips to merge."))
    _check_neighbours(organisation, found)
    first, last = found[0], found[-1]
    number = _say(organisation, first.device, "merge", reason=reason, who=who, start=first.start, end=last.end)
    _apply(organisation, first.device, first.start, last.end, who)
    _must_hold(organisation, number)
    return _first(_at(organisation, first.device, first.start, last.end))


def _check_neighbours(organisation: int, found: Sequence[StoredTrip]) -> None:
    first, last = found[0], found[-1]
    if len({(one.device, one.person, one.vehicle, one.material) for one in found}) > 1:
        raise InvalidInput(_("Only trips of the same device and driver can be merged."))
    if last.end - first.start > LONGEST_MERGE:
        raise InvalidInput(_("Trips more than seven days apart cannot be merged."))
    between = trips_between(organisation, first.start, last.end, device=first.device)
    inside = {one.id for one in between if one.start >= first.start and one.start < last.end}
    if inside != {one.id for one in found}:
        raise InvalidInput(_("There is another trip between these; choose that one too."))


def split(organisation: int, trip: int, at: datetime, *, reason: str, who: str) -> list[StoredTrip]:
    """Cut a trip at a moment within it. Returns the two. Raises NotFound, InvalidInput."""
    found = _shown(organisation, trip)
    if at.tzinfo is None or not found.start < at < found.end:
        raise InvalidInput(_("Choose a moment within the trip."))
    number = _say(organisation, found.device, "split", reason=reason, who=who, start=found.start, end=found.end,
                  split_at=at)  # fmt: skip
    _apply(organisation, found.device, found.start, found.end, who)
    _must_hold(organisation, number)
    return _at(organisation, found.device, found.start, found.end)


def correct(organisation: int, trip: int, change: Change, *, reason: str, who: str) -> StoredTrip:
    """Say what a trip really was; the computed values stay visible. Raises NotFound, InvalidInput, Closed.

    What it was for is a word of its own (``purposes``), which needs no positions; the rest computes the trip anew.
    """
    found = _shown(organisation, trip)
    _check(change)
    reason = _reason(reason)
    if change.purpose is not None:
        account = _account(who)
        own = account is not None and found.person is not None and found.person in people_of(account)
        voice = Speaker.DRIVER if own else Speaker.MANAGER
        purposes.say(organisation, found, change.purpose, voice=voice, account=account, reason=reason)
    rest = replace(change, purpose=None)
    if rest == Change():
        return trip_by_id(organisation, trip)
    seen = None if found.distance_why == SAID else found.distance_m
    _say(organisation, found.device, "correct", reason=reason, who=who, start=found.start, end=found.end,
         change=rest, seen_distance_m=seen)  # fmt: skip
    _apply(organisation, found.device, found.start, found.end, who)
    return _first(_at(organisation, found.device, found.start, found.end))


def _account(who: str) -> int | None:
    kind, _mark, number = who.partition(":")
    return int(number) if kind == "account" and number.isdigit() else None


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= 500:
        raise InvalidInput(_("Say why, in 3 to 500 characters."))
    return reason


def _check(change: Change) -> None:
    if change == Change():
        raise InvalidInput(_("Say what is to be corrected."))
    for text in (change.start_place, change.end_place):
        if text is not None and (len(text) > LONGEST_TEXT or (text and not text.isprintable())):
            raise InvalidInput(_("The name of a place is too long, or holds signs that cannot be printed."))
    if change.distance_m is not None and not 0 <= change.distance_m < 1e7:
        raise InvalidInput(_("The distance must be between 0 and 10,000 km."))
    if change.purpose is not None and change.purpose not in PURPOSES:
        raise InvalidInput(_("There is no such purpose."))


def undo(organisation: int, correction: int, *, reason: str, who: str) -> list[StoredTrip]:
    """Take a correction back. Returns the trips that stand there now. Raises NotFound, InvalidInput."""
    found = correction_by_id(organisation, correction)
    if found.kind == "undo" or found.state == "undone":
        raise InvalidInput(_("This was taken back already."))
    _say(organisation, found.device, "undo", reason=reason, who=who, start=found.start, end=found.end,
         undoes=found.id)  # fmt: skip
    _apply(organisation, found.device, found.start, found.end, who)
    return _at(organisation, found.device, found.start, found.end)


def correction_by_id(organisation: int, correction: int) -> Correction:
    """One correction. Raises NotFound."""
    rows = _listed("c.organisation_id = %s AND c.id = %s", organisation, correction) if 0 < correction < 2**63 else []
    if not rows:
        raise NotFound(_("There is no such correction."))
    return rows[0]


def corrections_between(organisation: int, device: int, start: datetime, end: datetime) -> list[Correction]:
    """Corrections of a device that touch this time, newest first, each with what became of it."""
    where = "c.organisation_id = %s AND c.device_id = %s AND c.start_at < %s AND c.end_at >= %s"
    return _listed(where, organisation, device, end, start)


def conflicts(organisation: int, limit: int = 100) -> list[Correction]:
    """Corrections that late data put in doubt: not applied any more, or applied to something else than was seen."""
    where = "c.organisation_id = %s AND u.id IS NULL AND o.state IN ('changed', 'conflict')"
    return _listed(where, organisation)[:limit]


def _listed(where: str, *params: Any) -> list[Correction]:
    with connection.cursor() as cursor:
        cursor.execute(f"{store.LISTED} WHERE {where} ORDER BY c.id DESC LIMIT 1000", params)
        return [store.correction_of(row) for row in cursor.fetchall()]


def _shown(organisation: int, trip: int) -> StoredTrip:
    found = trip_by_id(organisation, trip)
    if not found.shown:
        raise InvalidInput(_("This is what a corrected trip was before; correct the trip itself, or undo."))
    if found.still_open:
        raise InvalidInput(_("The trip is still going on."))
    return found


def _say(
    organisation: int, device: int, kind: str, *, reason: str, who: str, start: datetime, end: datetime,
    split_at: datetime | None = None, change: Change | None = None, seen_distance_m: float | None = None,
    undoes: int | None = None,
) -> int:  # fmt: skip
    reason = _reason(reason)
    with connection.cursor() as cursor:
        return store.add(
            cursor, organisation, device, kind, start, end, reason=reason, who=who, split_at=split_at,
            change=change, seen_distance_m=seen_distance_m, undoes=undoes,
        )  # fmt: skip


def _apply(organisation: int, device: int, start: datetime, end: datetime, who: str) -> None:
    with connection.cursor() as cursor:
        work = Work(cursor, organisation, device, config.current().position_days, who)
        if start < work.kept_from() + timedelta(days=2) or not recompute(work, start, end).done:
            raise TooOld(_("The positions of this trip are no longer kept, so it can no longer be corrected."))


def _must_hold(organisation: int, number: int) -> None:
    """Whoever asked sees at once that it cannot be; the transaction is undone with the error."""
    if correction_by_id(organisation, number).state == "conflict":
        raise InvalidInput(_("Nothing moves on one side of that moment, or the trips are not what they were."))


def _first(found: Sequence[StoredTrip]) -> StoredTrip:
    """Positions may have come or gone since the page was shown."""
    if not found:
        raise InvalidInput(_("The trip is not what it was any more; look at the day again."))
    return found[0]


def _at(organisation: int, device: int, start: datetime, end: datetime) -> list[StoredTrip]:
    found = trips_between(organisation, start, end, device=device)
    return [one for one in found if one.end > start and one.start < end]
