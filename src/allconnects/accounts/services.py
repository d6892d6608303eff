"""Use cases of organisations: founding one, asking people in, changing what they may, tokens for programs."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from allconnects.accounts import leaving
from allconnects.accounts.access import RANK, SCOPES, at_least
from allconnects.accounts.models import Account, ApiToken, Invitation, Membership, Organisation, Role
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, Forbidden, InvalidInput, NotFound

INVITATION_LASTS = timedelta(days=7)
TOKEN_PREFIX = "ac_"  # noqa: S105


class LastOwner(AllconnectsError):
    """An organisation must keep somebody who can do everything in it."""

    code = "last_owner"
    status = 409


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something in an organisation."""

    account: Account
    organisation: Organisation
    role: str


def digest(secret: str) -> str:
    """What is kept of a secret of 256 random bits: SHA-256 in hex; salt adds nothing to such a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_organisation(name: str, owner_email: str) -> tuple[Organisation, str]:
    """Found an organisation and invite its first owner. Only for the role ``owner`` of the database.

    The first of a server is shown the devices that nobody has registered: mostly it is the only one.
    Without an owner nobody is invited: for phones without an account, which nobody may look at. Returns the
    organisation and the secret of the invitation, empty without one. Raises InvalidInput.
    """
    name = name.strip()
    if not 0 < len(name) <= 150:
        raise InvalidInput(_("A name has 1 to 150 characters."))
    with transaction.atomic():
        first = bool(owner_email) and not Organisation.objects.exists()
        organisation = Organisation.objects.create(name=name, slug=_free_slug(name), takes_unknown_devices=first)
        secret = _invite(organisation, _address(owner_email), Role.OWNER, None) if owner_email else ""
        return organisation, secret


def give_unknown_devices(slug: str) -> None:
    """Show the devices that nobody has registered to another organisation. Only for the role ``owner``.

    Raises NotFound.
    """
    with transaction.atomic():
        organisation = Organisation.objects.filter(slug=slug).first()
        if organisation is None:
            raise NotFound("there is no organisation with that slug")
        Organisation.objects.filter(takes_unknown_devices=True).update(takes_unknown_devices=False)
        Organisation.objects.filter(pk=organisation.pk).update(takes_unknown_devices=True)


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "organisation"
    taken = set(Organisation.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(s for s in [base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))] if s not in taken)


def _address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput(_("That is not an e-mail address.")) from None
    return email


def _may_grant(actor: Actor, role: str) -> None:
    """Nobody lifts anybody above himself, nor touches those above him."""
    if not at_least(actor.role, Role.MANAGER) or RANK[Role(role)] > RANK[Role(actor.role)]:
        raise Forbidden(_("Your role may not do this to that role."))


def _role(word: str) -> Role:
    if word not in Role.values:
        raise InvalidInput(_("There is no such role."))
    return Role(word)


def invite(actor: Actor, email: str, role: str) -> str:
    """Ask an address to join. Returns the secret of the link; an earlier open link to it dies.

    Raises InvalidInput (no address, no role, already a member), Forbidden (a role above one's own).
    """
    email, wanted = _address(email), _role(role)
    _may_grant(actor, wanted)
    if Membership.objects.filter(organisation=actor.organisation, account__email=email).exists():
        raise InvalidInput(_("That address belongs to a member already."))
    open_ones = Invitation.objects.filter(organisation=actor.organisation, email=email, accepted_at=None)
    for earlier in open_ones.select_for_update():
        _may_grant(actor, earlier.role)
        earlier.delete()
    return _invite(actor.organisation, email, wanted, actor.account)


def invite_for_program(organisation: Organisation, email: str, role: str) -> str | None:
    """The same for a directory, which has checked address and role. None for an address that is a member already."""
    if Membership.objects.filter(organisation=organisation, account__email=email).exists():
        return None
    withdraw_for_program(organisation, email)
    return _invite(organisation, email, Role(role), None)


def withdraw_for_program(organisation: Organisation, email: str) -> None:
    """Make open invitations to an address worthless."""
    Invitation.objects.filter(organisation=organisation, email=email, accepted_at=None).delete()


def _invite(organisation: Organisation, email: str, role: Role, by: Account | None) -> str:
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    Invitation.objects.create(
        organisation=organisation, email=email, role=role, token_hash=digest(secret), created_at=now,
        expires_at=now + INVITATION_LASTS, invited_by=by,
    )  # fmt: skip
    return secret


def withdraw_invitation(actor: Actor, invitation: int) -> None:
    """Make an invitation's link worthless. Raises NotFound, Forbidden."""
    found = Invitation.objects.filter(pk=invitation, organisation=actor.organisation, accepted_at=None).first()
    if found is None:
        raise NotFound(_("There is no such invitation."))
    _may_grant(actor, found.role)
    found.delete()


def change_role(actor: Actor, membership: int, role: str) -> None:
    """Give a member another role. Raises NotFound, Forbidden, InvalidInput, LastOwner."""
    wanted = _role(role)
    found = _member(actor, membership)
    _may_grant(actor, found.role)
    _may_grant(actor, wanted)
    if wanted != Role.OWNER:
        _keep_an_owner(found)
    found.role = wanted
    found.save(update_fields=["role"])


def remove_member(actor: Actor, membership: int) -> None:
    """End a membership and every way in that hangs on that account; one may always leave oneself.

    Raises NotFound, Forbidden, LastOwner.
    """
    found = removable(actor, membership)
    leaving.end(leaving.Leaver(found.organisation_id, found.account_id), f"account:{actor.account.pk}")


def removable(actor: Actor, membership: int) -> Membership:
    """A membership that the actor may end, locked. Raises NotFound, Forbidden, LastOwner."""
    found = _member(actor, membership)
    if found.account_id != actor.account.pk:
        _may_grant(actor, found.role)
    _keep_an_owner(found)
    return found


def _member(actor: Actor, membership: int) -> Membership:
    found = Membership.objects.select_for_update().filter(pk=membership, organisation=actor.organisation).first()
    if found is None:
        raise NotFound(_("There is no such member."))
    return found


def _keep_an_owner(going: Membership) -> None:
    """Locks all owners, so that two who leave at the same time are not both let go. Raises LastOwner."""
    owners = Membership.objects.filter(organisation_id=going.organisation_id, role=Role.OWNER)
    ids = list(owners.order_by("pk").select_for_update().values_list("pk", flat=True))
    if ids == [going.pk]:
        raise LastOwner(_("An organisation keeps at least one owner."))


def create_token(
    organisation: Organisation, name: str, scopes: Iterable[str], by: Account | None = None
) -> tuple[ApiToken, str]:
    """A new API token and its secret, which is shown this once. Raises InvalidInput."""
    chosen = sorted(set(scopes))
    if not chosen or not set(chosen) <= set(SCOPES):
        raise InvalidInput(_("Scopes are one or more of: %(scopes)s") % {"scopes": ", ".join(SCOPES)})
    if not 0 < len(name.strip()) <= 100:
        raise InvalidInput(_("A name has 1 to 100 characters."))
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        organisation=organisation, name=name.strip(), token_hash=digest(secret), scopes=chosen, created_by=by
    )
    return token, secret


def revoke_token(actor: Actor, token: int) -> None:
    """Make a token worthless from the next request on. Raises NotFound, Forbidden."""
    if not at_least(actor.role, Role.MANAGER):
        raise Forbidden(_("Your role may not do this."))
    live = ApiToken.objects.filter(pk=token, organisation=actor.organisation, revoked_at=None)
    if not live.update(revoked_at=clock.now()):
        raise NotFound(_("There is no such token."))
