"""The ways in of this room: membership, sessions, API tokens, invitations."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from allconnects.accounts import sessions
from allconnects.accounts.leaving import Leaver, Way, register
from allconnects.accounts.models import Account, ApiToken, Invitation, Membership, Session, SupportGrant
from allconnects.kit import clock


def _memberships(leaver: Leaver) -> QuerySet[Membership]:
    return Membership.objects.filter(organisation_id=leaver.organisation, account_id=leaver.account or 0)


def _tokens(leaver: Leaver) -> QuerySet[ApiToken]:
    made = ApiToken.objects.filter(organisation_id=leaver.organisation, revoked_at=None)
    return made.filter(created_by_id=leaver.account or 0)


def _invitations(leaver: Leaver) -> QuerySet[Invitation]:
    """Those to the leaver, and those that the leaver has sent: one may lead back in."""
    address = Account.objects.filter(pk=leaver.account or 0).values("email")
    waiting = Invitation.objects.filter(organisation_id=leaver.organisation, accepted_at=None)
    return waiting.filter(Q(invited_by_id=leaver.account or 0) | Q(email__in=address))


def _grants(leaver: Leaver) -> QuerySet[SupportGrant]:
    """Support access of this account that lasts or is asked for."""
    mine = SupportGrant.objects.filter(organisation_id=leaver.organisation, account_id=leaver.account or 0)
    return mine.filter(ended_at=None).filter(Q(ends_at=None) | Q(ends_at__gt=clock.now()))


def _sessions(leaver: Leaver) -> list[str]:
    return [""] * Session.objects.filter(account_id=leaver.account or 0, expire_date__gt=clock.now()).count()


register(
    Way(
        "membership", _("Membership of the organisation"), (),
        lambda one: [str(m.get_role_display()) for m in _memberships(one)],
        lambda one: _memberships(one).delete()[0],
    )
)  # fmt: skip
register(
    Way(
        "sessions", _("Sign-ins that last, with their live maps"), ("accounts_session",), _sessions,
        lambda one: sessions.end_all(one.account) if one.account else 0,
    )
)  # fmt: skip
register(
    Way(
        "tokens", _("API tokens made by this account"), ("accounts_apitoken",),
        lambda one: [token.name for token in _tokens(one)],
        lambda one: _tokens(one).update(revoked_at=clock.now()),
    )
)  # fmt: skip
register(
    Way(
        "invitations", _("Open invitations"), ("accounts_invitation",),
        lambda one: [invitation.email for invitation in _invitations(one)],
        lambda one: _invitations(one).delete()[0],
    )
)  # fmt: skip
register(
    Way(
        "support", _("Access as support"), (),
        lambda one: [grant.ticket for grant in _grants(one)],
        lambda one: _grants(one).update(ended_at=clock.now()),
    )
)  # fmt: skip
