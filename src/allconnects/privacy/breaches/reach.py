"""Whose data an account, token or process opened in a period: the log of unwrapped keys answers in one question."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allconnects.kit.errors import InvalidInput
from allconnects.privacy.vault import open_vault

_WHO = re.compile(r"(account|token|process):[A-Za-z0-9._-]{1,64}")
_ASK = """
    SELECT k.organisation_id, k.kind, k.subject, k.class, array_agg(DISTINCT u.purpose ORDER BY u.purpose),
           sum(u.count), min(u.minute), max(u.minute)
    FROM vault_unwrap u JOIN vault_key k ON k.id = u.key_id
    WHERE u.who = %(who)s AND u.minute >= date_trunc('minute', %(begin)s::timestamptz) AND u.minute < %(end)s
      AND u.purpose <> 'storage' AND (%(organisation)s::integer IS NULL OR k.organisation_id = %(organisation)s)
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
CATEGORIES = {
    "raw_position": "user.location.precise", "trip": "user.location.precise", "national_number": "user.government_id",
}  # fmt: skip
"""Class of a key to the category of what it seals."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Keys of one class of one subject. ``kind``: ``person``, or ``device`` for what nobody is known to have driven."""

    organisation: int
    kind: str
    subject: str
    klass: str
    purposes: list[str]
    times: int
    first: datetime
    last: datetime


def normal(text: str) -> str:
    """``7`` and ``account:7`` alike. Raises InvalidInput."""
    found = f"account:{text.strip()}" if text.strip().isdigit() else text.strip()
    if not _WHO.fullmatch(found):
        raise InvalidInput("say who: account:7, token:3 or process:web")
    return found


def reached(who: str, begin: datetime, end: datetime, organisation: int | None = None) -> list[Reached]:
    """What was opened for reading from ``begin`` (its whole minute) until before ``end``. Sealing is not reading."""
    if end <= begin:
        raise InvalidInput("the period ends before it begins")
    with open_vault().session() as connection:
        rows = connection.execute(
            _ASK, {"who": normal(who), "begin": begin, "end": end, "organisation": organisation}
        ).fetchall()
    return [Reached(*row) for row in rows]


def categories(found: Iterable[Reached]) -> list[str]:
    """The categories of data that were reached."""
    return sorted({CATEGORIES[one.klass] for one in found if one.klass in CATEGORIES})


def subjects(found: Iterable[Reached]) -> int:
    """How many people, and devices whose driver is not known."""
    return len({(one.organisation, one.kind, one.subject) for one in found if one.kind != "organisation"})
