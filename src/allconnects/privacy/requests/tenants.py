"""Whose case it is: the organisation that runs the platform takes in what names no employer, and passes it on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.kit import config
from allconnects.kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation, as far as its name."""

    id: int
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class Known:
    """An account that an address belongs to, in one organisation."""

    organisation: int
    account: int
    language: str


def home(slug: str | None = None) -> Tenant:
    """The organisation that takes requests in: the one named, else the operator's. Raises NotFound."""
    wanted = config.current().privacy_organisation if slug is None else slug
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM privacy_requests_home(%s)", [wanted])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("No organisation takes requests here."))
    return Tenant(*row)


def tenants() -> list[Tenant]:
    """Every organisation of this platform. For the officers of the operator's own only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM privacy_requests_tenants()")
        return [Tenant(*row) for row in cursor.fetchall()]


def known(address: str) -> list[Known]:
    """Where an e-mail address is that of a member."""
    if not address:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM privacy_requests_of(%s)", [address])
        return [Known(*row) for row in cursor.fetchall()]


@contextmanager
def acting_in(organisation: int) -> Iterator[None]:
    """Speak for another organisation inside of the open transaction, then for the one before again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.organisation', true)")
        before = cursor.fetchone()[0] or ""
        cursor.execute("SELECT set_config('app.organisation', %s, true)", [str(organisation)])
    yield  # an error throws the transaction away, and the setting with it
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.organisation', %s, true)", [before])
