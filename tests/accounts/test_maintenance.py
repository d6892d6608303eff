"""What has expired goes; what has not stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.core.cache import cache
from django.test import Client

from allconnects.accounts import services
from allconnects.accounts.maintenance import forget_expired
from allconnects.accounts.models import Account, Invitation, Organisation, Session
from allconnects.accounts.services import Actor
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, db


def test_what_has_expired_goes_and_the_rest_stays(
    organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    owner = account_of("owner")
    Client(SERVER_NAME="localhost").force_login(owner)
    cache.set("counter", [1.0], 60)
    with speaking_for(organisation.pk):
        services.invite(Actor(owner, organisation, "owner"), "old@example.org", "viewer")

    def left() -> tuple[int, int, object]:
        with speaking_for(organisation.pk):
            invitations = Invitation.objects.count()
        return Session.objects.filter(account=owner).count(), invitations, cache.get("counter")

    with db.connect("worker", autocommit=True) as connection:
        forget_expired(connection)
        assert left() == (1, 1, [1.0])
        with clock.at(clock.now() + timedelta(days=8)):
            gone = forget_expired(connection)
        assert left() == (1, 0, None)
        assert gone["accounts_invitation"] >= 1
        with clock.at(clock.now() + timedelta(days=15)):
            forget_expired(connection)
        assert left() == (0, 0, None)
