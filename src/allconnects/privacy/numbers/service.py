"""National numbers in the database of the vault: entered, replaced, forgotten, and used by the listed connectors.

No function here shows a number to a person. ``use`` is for connectors of ``uses.toml``; a use that cannot be
logged does not take place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from allconnects.accounts.actor import current
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from allconnects.privacy.numbers import rules
from allconnects.privacy.numbers.uses import allowed
from allconnects.privacy.vault import keys, open_vault, person
from allconnects.privacy.vault.errors import Damaged

CLASS = "national_number"
PURPOSE = "presence.declare"
_VERSION = b"\x01"
_NONCE = 12
_REFERENCE = re.compile(r"[A-Za-z0-9._/-]{1,64}")
_PUT = """
    INSERT INTO vault_number (organisation_id, person, sealed, finder, entered_at, entered_by)
    VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (organisation_id, person) DO UPDATE SET
        sealed = excluded.sealed, finder = excluded.finder, entered_at = excluded.entered_at,
        entered_by = excluded.entered_by"""
_USE = """
    INSERT INTO vault_number_use (at, organisation_id, person, connector, who, reference)
    VALUES (%s, %s, %s, %s, %s, %s)"""


class Number:
    """A number that does not print: whatever logs, formats or serialises it gets the mask."""

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        self._digits = digits

    def digits(self) -> str:
        """The eleven digits, for the body of a request that the law asks for, and nothing else."""
        return self._digits

    def __str__(self) -> str:
        return rules.MASK

    __repr__ = __str__

    def __format__(self, _spec: str) -> str:
        return rules.MASK

    def __reduce__(self) -> str:
        raise TypeError("a national number is not stored or sent by accident")


@dataclass(frozen=True, slots=True)
class Used:
    """One use of a number. ``reference``: of the declaration."""

    at: datetime
    connector: str
    who: str
    reference: str


def enter(organisation: int, who_is: UUID, text: str) -> None:
    """Keep the number of a person, in place of an earlier one. Raises InvalidInput, whose text holds no digit."""
    digits = rules.normal(text)
    if digits is None:
        raise InvalidInput(
            _("This is no national or bis number: its check digits do not fit. Look for a typing error.")
        )
    vault, by = open_vault(), current().name
    key = vault.key_for_sealing(organisation, person(who_is), CLASS, who=by)
    finder = vault.tag("national number", organisation, digits)
    try:
        with vault.session() as connection:
            connection.execute(
                _PUT, (organisation, who_is, _sealed(key, organisation, who_is, digits), finder, clock.now(), by)
            )
    except psycopg.errors.UniqueViolation:
        raise InvalidInput(_("This number stands with somebody else already.")) from None


def entered(organisation: int, people: Iterable[UUID]) -> dict[UUID, datetime]:
    """Since when there is a number, for those who have one."""
    with open_vault().session() as connection:
        rows = connection.execute(
            "SELECT person, entered_at FROM vault_number WHERE organisation_id = %s AND person = ANY (%s)",
            (organisation, list(people)),
        ).fetchall()
    return dict(rows)


def forget(organisation: int, who_is: UUID) -> bool:
    """Take a number away. Returns whether there was one."""
    with open_vault().session() as connection:
        gone = connection.execute(
            "DELETE FROM vault_number WHERE organisation_id = %s AND person = %s", (organisation, who_is)
        )
        return bool(gone.rowcount)


def use(organisation: int, who_is: UUID, *, connector: str, reference: str) -> Number:
    """The number of a person for a connector that the law allows; written down before it is given.

    ``reference``: of the declaration, without words about people. Raises Forbidden for any other connector or day,
    NotFound when there is none, KeyRestricted, KeyHeld or KeyDestroyed by the state of the person's keys.
    """
    if not allowed(connector, clock.now().date()):
        raise Forbidden("no law lets this connector use national numbers")
    if not _REFERENCE.fullmatch(reference):
        raise InvalidInput("the reference of a use is a short reference, without words about people")
    vault, by = open_vault(), current().name
    with vault.session() as connection:
        row = connection.execute(
            "SELECT sealed FROM vault_number WHERE organisation_id = %s AND person = %s", (organisation, who_is)
        ).fetchone()
    if row is None:
        raise NotFound(_("No national number is known of this person."))
    key = vault.key(organisation, person(who_is), CLASS, purpose=PURPOSE, who=by)
    with vault.session() as connection:
        connection.execute(_USE, (clock.now(), organisation, who_is, connector, by, reference))
    return Number(_opened(key, organisation, who_is, bytes(row[0])))


def used(organisation: int, who_is: UUID, limit: int = 200) -> list[Used]:
    """What a number was used for, newest first: the person is told."""
    with open_vault().session() as connection:
        rows = connection.execute(
            "SELECT at, connector, who, reference FROM vault_number_use "
            "WHERE organisation_id = %s AND person = %s ORDER BY at DESC LIMIT %s",
            (organisation, who_is, limit),
        ).fetchall()
    return [Used(*row) for row in rows]


def _bound(organisation: int, who_is: UUID) -> bytes:
    return keys.encoded("allconnects national number", organisation, who_is)


def _sealed(key: bytes, organisation: int, who_is: UUID, digits: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, digits.encode(), _VERSION + _bound(organisation, who_is))


def _opened(key: bytes, organisation: int, who_is: UUID, sealed: bytes) -> str:
    nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, rest, sealed[:1] + _bound(organisation, who_is)).decode()
    except InvalidTag:
        raise Damaged("a national number does not belong to the row that it stands in") from None
