"""A data subject: a person of the register, an account, or both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from allconnects.kit import labels
from allconnects.kit.errors import InvalidInput

_ACCOUNT_OF = """
    SELECT a.attname FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND c.confrelid = %s::regclass"""
_ELSEWHERE = "SELECT 1 FROM accounts_membership WHERE account_id = %s AND organisation_id <> %s LIMIT 1"


@dataclass(frozen=True, slots=True)
class Subject:
    """``person``: of the register of the organisation; ``account``: a sign-in. Raises InvalidInput without either."""

    organisation: int
    person: UUID | None = None
    account: int | None = None

    def __post_init__(self) -> None:
        if self.person is None and self.account is None:
            raise InvalidInput("a request is about a person or an account")


def root(kind: str) -> str:
    """The table that is the register of persons (``person``), of accounts, or says who had a device (``had``)."""
    return next(table.name for table in labels.tables().values() if table.root == kind)


def resolved(cursor: Any, subject: Subject) -> Subject:
    """The same with the account that the register names for the person, and the person of an account."""
    people = root("person")
    cursor.execute(_ACCOUNT_OF, (people, root("account")))
    column = cursor.fetchone()[0]
    if subject.person is not None and subject.account is None:
        query = f"SELECT {column} FROM {people} WHERE organisation_id = %s AND id = %s"
        cursor.execute(query, (subject.organisation, subject.person))
        row = cursor.fetchone()
        return replace(subject, account=row[0]) if row else subject
    if subject.person is None:
        query = f"SELECT id FROM {people} WHERE organisation_id = %s AND {column} = %s"
        cursor.execute(query, (subject.organisation, subject.account))
        row = cursor.fetchone()
        return replace(subject, person=row[0]) if row else subject
    return subject


def only_here(cursor: Any, subject: Subject) -> bool:
    """Whether the account belongs to no other organisation, so that it goes as a whole."""
    if subject.account is None:
        return False
    cursor.execute(_ELSEWHERE, (subject.account, subject.organisation))
    return cursor.fetchone() is None
