"""What a directory does: list, take in, change, let go. Each call runs in a transaction of its organisation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from allconnects.accounts import mail
from allconnects.accounts import services as accounts
from allconnects.accounts.leaving import Leaver
from allconnects.accounts.models import Membership, Organisation
from allconnects.fleet.models import Person
from allconnects.fleet.services import leaving
from allconnects.fleet.who import Who
from allconnects.integrations.scim.errors import ScimError
from allconnects.integrations.scim.filters import parse
from allconnects.integrations.scim.models import DirectoryUser
from allconnects.kit import clock
from allconnects.privacy.erasure import marks

PAGE = 100
_ADOPT = """
    INSERT INTO scim_user (id, organisation_id, user_name, external_id, given_name, family_name, employee_number, role,
                           active, created_at, changed_at, version)
    SELECT gen_random_uuid(), m.organisation_id, lower(a.email), '', left(a.name, 80), '', '', m.role, true,
           %(now)s, %(now)s, 1
    FROM accounts_membership m JOIN accounts_account a ON a.id = m.account_id
    WHERE m.organisation_id = %(organisation)s
    ON CONFLICT (organisation_id, user_name) DO NOTHING"""
"""Members who came by another door: a directory looks for them before it takes somebody in."""


def find(organisation: Organisation, text: str, start: int, count: int) -> tuple[list[DirectoryUser], int]:
    """Users that a filter admits, ``count`` from the ``start``-th (from 1), and how many there are in all.

    Raises ScimError.
    """
    terms = parse(text)
    with connection.cursor() as cursor:
        cursor.execute(_ADOPT, {"now": clock.now(), "organisation": organisation.pk})
    rows: QuerySet[DirectoryUser] = DirectoryUser.objects.order_by("created_at", "id")
    for term in terms:
        try:
            rows = rows.exclude(**{term.lookup: ""}) if term.negated else rows.filter(**{term.lookup: term.value})
        except ValidationError:  # an id that is none: nobody has it
            return [], 0
    return list(rows[start - 1 : start - 1 + count]), rows.count()


def get(key: UUID) -> DirectoryUser:
    """One user, locked. Raises ScimError 404."""
    found = DirectoryUser.objects.select_for_update().filter(pk=key).first()
    if found is None:
        raise ScimError(404, "there is no such user")
    return found


def create(organisation: Organisation, values: dict[str, Any]) -> DirectoryUser:
    """Take somebody in: an address that is no member yet is invited.

    Raises ScimError: ``uniqueness``; 403 for somebody who was erased and whom nobody has entered by hand since.
    """
    _refuse_return(organisation, values)
    row = DirectoryUser(organisation=organisation, **values)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise ScimError(409, "there is such a user already", "uniqueness") from None
    if row.active:
        _take_in(row)
    return row


def _refuse_return(organisation: Organisation, values: dict[str, Any]) -> None:
    """A directory does not bring back who was erased (GDPR art. 17); a person of the firm may."""
    email, number = values.get("user_name", ""), values.get("employee_number", "")
    name = values.get("given_name", "") + values.get("family_name", "")
    if not marks.returning(organisation.pk, {"email": email, "number": number, "name": name}):
        return
    entered = Person.objects.filter(archived_at=None, number=number).exists() if number else False
    if not entered and not Membership.objects.filter(account__email=email, organisation=organisation).exists():
        raise ScimError(403, "somebody like this was erased on request; enter the person by hand first")


def change(row: DirectoryUser, values: dict[str, Any], by: str) -> DirectoryUser:
    """Write new values; who becomes inactive leaves, who becomes active is asked in again. Raises ScimError."""
    if values.get("user_name", row.user_name) != row.user_name:
        raise ScimError(400, "userName does not change; make a new user for a new address", "mutability")
    was = row.active
    for name, value in values.items():
        setattr(row, name, value)
    row.version, row.changed_at = row.version + 1, clock.now()
    row.save()
    if was and not row.active:
        _let_go(row, by)
    elif row.active and not was:
        _take_in(row)
    return row


def remove(row: DirectoryUser, by: str) -> None:
    """Let somebody go and forget what the directory said."""
    _let_go(row, by)
    row.delete()


def _take_in(row: DirectoryUser) -> None:
    secret = accounts.invite_for_program(row.organisation, row.user_name, row.role)
    if secret is not None:
        mail.send_invitation(row.user_name, row.organisation.name, secret)


def _let_go(row: DirectoryUser, by: str) -> None:
    """End every way in: of the account with that address, of the person with that account or employee number."""
    accounts.withdraw_for_program(row.organisation, row.user_name)
    member = Membership.objects.filter(account__email=row.user_name, organisation=row.organisation).first()
    people = Person.objects.filter(archived_at=None)
    person = people.filter(account_id=member.account_id).first() if member else None
    if person is None and row.employee_number:
        person = people.filter(number=row.employee_number).first()
    account = member.account_id if member else person.account_id if person else None
    if account is None and person is None:
        return
    leaver = Leaver(row.organisation.pk, account, person.pk if person else None)
    leaving.leave(Who(row.organisation), leaver, by)
