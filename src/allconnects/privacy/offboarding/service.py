"""Asking for it, agreeing to it, calling it off: by owners, in the transaction of their request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.accounts.models import Membership, Role
from allconnects.accounts.services import Actor
from allconnects.kit import clock, config, jobs
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.audit import service as audit

_COLUMNS = "id, state, asked_by, agreed_by, asked_at, due_at, copy_state, copy_done, copy_all, copy_at"
_READ = f"SELECT {_COLUMNS} FROM privacy_offboarding WHERE organisation_id = %s"
_ADD = """
    INSERT INTO privacy_offboarding (organisation_id, id, state, asked_by, answer_to, language, asked_at, due_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"""
_AGREE = """
    UPDATE privacy_offboarding SET state = 'waiting', agreed_by = %s, due_at = %s
    WHERE organisation_id = %s AND state = 'proposed'"""
_OFF = "SELECT offboarding_call_off(%s)"
_COPY = """
    UPDATE privacy_offboarding SET copy_state = 'waiting', copy_done = 0, copy_all = 0
    WHERE organisation_id = %s AND copy_state <> 'waiting'"""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where it stands. ``proposed``: another owner has not agreed yet."""

    id: UUID
    state: str
    asked_by: int | None
    agreed_by: int | None
    asked_at: datetime
    due_at: datetime | None
    copy_state: str
    copy_done: int
    copy_all: int
    copy_at: datetime | None


def found(organisation: int) -> Leaving | None:
    """The leaving of an organisation, if it was asked for."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, (organisation,))
        row = cursor.fetchone()
    return Leaving(UUID(str(row[0])), *row[1:]) if row else None


def needs_another(actor: Actor) -> bool:
    """Whether there is another owner, who has to agree."""
    owners = Membership.objects.filter(organisation_id=actor.organisation.pk, role=Role.OWNER)
    return owners.filter(account__is_active=True).exclude(account_id=actor.account.pk).exists()


def ask(actor: Actor, name: str) -> None:
    """Ask to leave. ``name``: of the organisation, typed by hand. Raises InvalidInput."""
    organisation = actor.organisation
    if " ".join(name.split()).casefold() != " ".join(organisation.name.split()).casefold():
        raise InvalidInput(_("That is not the name of this organisation."))
    both = needs_another(actor)
    due = None if both else clock.now() + timedelta(days=config.current().leave_days)
    values = (organisation.pk, uuid4(), "proposed" if both else "waiting", actor.account.pk, actor.account.email,
              actor.account.language or "nl", clock.now(), due)  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ADD, values)
        if cursor.rowcount:
            _note(cursor, actor, "organisation.leaving_asked")


def agree(actor: Actor) -> None:
    """A second owner agrees; the days of grace begin. Raises InvalidInput for the one who asked."""
    one = found(actor.organisation.pk)
    if one is None or one.state != "proposed":
        raise InvalidInput(_("There is nothing to agree to."))
    if one.asked_by == actor.account.pk:
        raise InvalidInput(_("Another owner has to agree."))
    due = clock.now() + timedelta(days=config.current().leave_days)
    with connection.cursor() as cursor:
        cursor.execute(_AGREE, (actor.account.pk, due, actor.organisation.pk))
        _note(cursor, actor, "organisation.leaving_agreed")


def call_off(actor: Actor) -> None:
    """Stay after all, until the day has come. Raises InvalidInput."""
    with connection.cursor() as cursor:
        cursor.execute(_OFF, (actor.organisation.pk,))
        (gone,) = cursor.fetchone()
        if not gone:
            raise InvalidInput(_("It cannot be called off any more."))
        _note(cursor, actor, "organisation.leaving_called_off")


def copy(actor: Actor) -> None:
    """Have a copy of everything made. Raises InvalidInput when nobody asked to leave."""
    one = found(actor.organisation.pk)
    if one is None:
        raise InvalidInput(_("First ask to leave."))
    with connection.cursor() as cursor:
        cursor.execute(_COPY, (actor.organisation.pk,))
        if cursor.rowcount:
            _note(cursor, actor, "organisation.copied")
            jobs.defer("offboarding.copy", organisation=actor.organisation.pk, number=one.id, key="copy")


def _note(cursor: Any, actor: Actor, action: str) -> None:
    audit.record(cursor, actor.organisation.pk, f"account:{actor.account.pk}", action)
