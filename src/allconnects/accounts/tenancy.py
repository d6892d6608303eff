"""Which organisation a transaction speaks for: row-level security reads it from two settings.

``app.organisation`` names the tenant; a policy casts it to a number, so a transaction that forgot to say for
whom it speaks gets an error, never somebody else's rows. ``app.account`` names who is signed in, for the few
tables that are read before an organisation is chosen (memberships).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection, transaction

from allconnects.kit.db import role_name

_SET = "SELECT set_config('app.organisation', %s, true), set_config('app.account', %s, true)"


def _texts(organisation: int | None, account: int | None) -> tuple[str, str]:
    return ("" if organisation is None else str(organisation), "" if account is None else str(account))


@contextmanager
def speaking_for(organisation: int | None, account: int | None = None) -> Iterator[None]:
    """A Django transaction under row-level security, as the role ``web``, for one organisation.

    ``SET LOCAL ROLE`` costs nothing where the process is that role already, and makes sure where it is not.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {role_name('web')}")
            cursor.execute(_SET, _texts(organisation, account))
        yield


def speak_for(raw: psycopg.Connection | psycopg.Cursor, organisation: int, account: int | None = None) -> None:
    """The same for a transaction that is open on a psycopg connection."""
    raw.execute(f"SET LOCAL ROLE {role_name('web')}")
    raw.execute(_SET, _texts(organisation, account))


async def aspeak_for(
    raw: psycopg.AsyncConnection | psycopg.AsyncCursor, organisation: int, account: int | None = None
) -> None:
    """The same for an asynchronous psycopg connection."""
    await raw.execute(f"SET LOCAL ROLE {role_name('web')}")
    await raw.execute(_SET, _texts(organisation, account))
