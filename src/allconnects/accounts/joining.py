"""Accepting an invitation: the one way in which accounts and memberships begin."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account, Invitation, Membership
from allconnects.accounts.services import digest
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation whose link is still good."""

    id: int
    organisation_id: int
    organisation_name: str
    email: str
    role: str


def find(secret: str) -> OpenInvitation:
    """The invitation of a link. Raises NotFound when it is unknown, used, withdrawn or too old."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_invitation(%s, %s)", [digest(secret), clock.now()])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("This invitation is used, withdrawn or too old."))
    return OpenInvitation(*row)


def join_as(account: Account, secret: str) -> OpenInvitation:
    """Join with the account one is signed in with. Raises NotFound, Forbidden for somebody else's invitation."""
    invitation = find(secret)
    if account.email != invitation.email:
        raise Forbidden(_("This invitation is for another address than the one you are signed in with."))
    with speaking_for(invitation.organisation_id, account.pk):
        _enter(invitation, account)
    return invitation


def join_anew(secret: str, name: str, password: str, language: str = "") -> Account:
    """Make the account of an invited address and join. Raises NotFound, Forbidden, InvalidInput."""
    invitation = find(secret)
    with speaking_for(invitation.organisation_id):
        if has_account(invitation):
            raise Forbidden(_("This address has an account; sign in with it first."))
        account = Account(email=invitation.email, name=name.strip()[:150], language=language)
        try:
            validate_password(password, account)
        except ValidationError as error:
            raise InvalidInput(" ".join(error.messages)) from None
        account.set_password(password)
        account.save()
        EmailAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
        _enter(invitation, account)
    return account


def has_account(invitation: OpenInvitation) -> bool:
    """Whether the invited address signs in already."""
    return Account.objects.filter(email=invitation.email).exists()


def _enter(invitation: OpenInvitation, account: Account) -> None:
    """Uses the link up and makes the membership in one transaction; of two at once, one finds it used."""
    unused = Invitation.objects.filter(pk=invitation.id, accepted_at=None, expires_at__gt=clock.now())
    if not unused.update(accepted_at=clock.now()):
        transaction.set_rollback(True)
        raise NotFound(_("This invitation is used, withdrawn or too old."))
    Membership.objects.get_or_create(
        organisation_id=invitation.organisation_id, account=account, defaults={"role": invitation.role}
    )
