"""Restriction by the person and hold for a claim: stored, not shown, not erased.

Both stand in ``privacy_withheld``, which the policies of ``policies.py`` ask, and as the state of the person's keys.
Functions run in a Django transaction that speaks for the organisation.
Sources: GDPR art. 18(1) to (3), art. 17(3)(e).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid4

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.kit import clock, jobs
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.audit import service as audit
from allconnects.privacy.retention import RULES
from allconnects.privacy.subjects import Subject, resolved
from allconnects.privacy.vault import CLASSES, KeyDestroyed, MoveRefused, State, Vault, open_vault, person

Mode = Literal["restricted", "held"]
WHEREABOUTS = ("raw_position", "trip", "occupancy")
"""What a hold keeps when nothing else is said: where the person was, and with what."""
_ADD = """
    INSERT INTO privacy_withheld
        (organisation_id, id, person, account, mode, classes, ground, review_on, set_by, since)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_OPEN = """
    SELECT id, person, account, classes, noticed_at FROM privacy_withheld
    WHERE organisation_id = %s AND mode = %s AND ended_at IS NULL
      AND (person IS NOT DISTINCT FROM %s::uuid OR (account = %s)) FOR UPDATE"""
_MODES = """
    SELECT mode, classes FROM privacy_withheld
    WHERE organisation_id = %s AND person = %s AND ended_at IS NULL"""
_END = "UPDATE privacy_withheld SET ended_at = %s, ended_by = %s WHERE organisation_id = %s AND id = %s"
_NOTICED = "UPDATE privacy_withheld SET noticed_at = %s WHERE organisation_id = %s AND id = %s"
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('privacy_withheld'))"
"""Nobody takes rows away between the moment in which a hold is set and its commit: ``telemetry/store/held.sql``."""
_LIVE = "SELECT pg_notify('telemetry_devices', %s)"
"""Open maps read anew what they may show; device 0 is none."""


def restrict(subject: Subject, ground: str, by: int, *, vault: Vault | None = None) -> UUID:
    """Show no row of the subject any more, anywhere; nothing is deleted meanwhile. Returns the restriction's id.

    ``ground``: one of art. 18(1), in a few words. Restricting twice changes nothing.
    """
    return _withhold(subject, "restricted", ground, None, WHEREABOUTS, by, vault)


def hold(
    subject: Subject, ground: str, review_date: date, by: int, *,
    classes: Sequence[str] = WHEREABOUTS, vault: Vault | None = None,
) -> UUID:  # fmt: skip
    """Keep classes of data for a claim: hidden from everybody, and left alone by an erasure until ``release``.

    ``classes``: of ``retention.RULES``. Raises InvalidInput for none, an unknown one, or a review that is past.
    """
    if not classes or set(classes) - set(RULES):
        raise InvalidInput(_("A hold names the classes of data that it keeps."))
    if review_date <= clock.now().date():
        raise InvalidInput(_("A hold has a day to come on which it is looked at again."))
    return _withhold(subject, "held", ground, review_date, classes, by, vault)


def _withhold(
    subject: Subject, mode: Mode, ground: str, review: date | None, classes: Sequence[str], by: int,
    vault: Vault | None,
) -> UUID:  # fmt: skip
    if not ground.strip():
        raise InvalidInput(_("Say on what ground."))
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
        subject = resolved(cursor, subject)
        cursor.execute(_OPEN, (subject.organisation, mode, subject.person, subject.account))
        if row := cursor.fetchone():
            return UUID(str(row[0]))
        number = uuid4()
        cursor.execute(_ADD, (subject.organisation, number, subject.person, subject.account, mode, list(classes),
                              ground.strip(), review, by, clock.now()))  # fmt: skip
        _tell(cursor, subject, by, f"data.{mode}", number, {"classes": sorted(classes)})
    _settle_keys(subject, f"account:{by}", str(number), vault)
    return number


def notify_lift(subject: Subject, by: int) -> None:
    """Write down that the person was told that the restriction ends (art. 18(3)). Raises NotFound."""
    with connection.cursor() as cursor:
        number, _noticed, whose = _open_one(cursor, subject, "restricted")
        cursor.execute(_NOTICED, (clock.now(), subject.organisation, number))
        _tell(cursor, whose, by, "data.lift_announced", number, {})


def lift(subject: Subject, by: int, *, vault: Vault | None = None) -> None:
    """End a restriction. Raises NotFound, and InvalidInput before the person was told (``notify_lift``)."""
    with connection.cursor() as cursor:
        number, noticed, whose = _open_one(cursor, subject, "restricted")
        if noticed is None:
            raise InvalidInput(_("Tell the person first that the restriction ends."))
        _end(cursor, whose, number, by, "data.lifted")
    _settle_keys(whose, f"account:{by}", str(number), vault)


def release(subject: Subject, by: int, *, vault: Vault | None = None) -> None:
    """End a hold; an erasure that waited for it goes on by itself. Raises NotFound."""
    with connection.cursor() as cursor:
        number, _noticed, whose = _open_one(cursor, subject, "held")
        _end(cursor, whose, number, by, "data.released")
    _settle_keys(whose, f"account:{by}", str(number), vault)
    jobs.defer("privacy.erase_again", organisation=subject.organisation)


def _open_one(cursor: Any, subject: Subject, mode: Mode) -> tuple[UUID, Any, Subject]:
    cursor.execute(_OPEN, (subject.organisation, mode, subject.person, subject.account))
    row = cursor.fetchone()
    if row is None:
        raise NotFound(_("Nothing of this person is withheld."))
    return UUID(str(row[0])), row[4], Subject(subject.organisation, row[1], row[2])


def _end(cursor: Any, subject: Subject, number: UUID, by: int, action: str) -> None:
    cursor.execute(_END, (clock.now(), by, subject.organisation, number))
    _tell(cursor, subject, by, action, number, {})


def _tell(cursor: Any, subject: Subject, by: int, action: str, number: UUID, details: dict[str, Any]) -> None:
    about = f"person:{subject.person}" if subject.person else f"account:{subject.account}"
    audit.record(cursor, subject.organisation, f"account:{by}", action, about, {"reference": str(number), **details})
    cursor.execute(_LIVE, (f"0 {subject.organisation}",))


def _settle_keys(subject: Subject, who: str, reason: str, vault: Vault | None) -> None:
    """The keys follow what is withheld; where nothing can be sealed for the person any more they stay destroyed."""
    if subject.person is None:
        return
    vault = vault or open_vault()
    with connection.cursor() as cursor:
        cursor.execute(_MODES, (subject.organisation, subject.person))
        modes = cursor.fetchall()
    for klass in CLASSES:
        held = any(mode == "held" and klass in classes for mode, classes in modes)
        state: State = "held" if held else "restricted" if any(mode == "restricted" for mode, _ in modes) else "active"
        try:
            vault.set_state(subject.organisation, person(subject.person), state, who=who, reason=reason, klass=klass)
        except (KeyDestroyed, MoveRefused):
            continue
