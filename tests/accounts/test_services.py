"""Inviting, joining, roles and tokens: what may happen, and what never."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.test import Client

from allconnects.accounts import joining, services
from allconnects.accounts.models import Account, ApiToken, Invitation, Membership, Organisation, Session
from allconnects.accounts.services import Actor, LastOwner
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from tests.conftest import PASSWORD

Accounts = Callable[..., Account]


@pytest.fixture
def as_(organisation: Organisation, account_of: Accounts) -> Callable[[str], Actor]:
    return lambda role: Actor(account_of(role), organisation, role)


def place(account: Account) -> Membership:
    return Membership.objects.get(account=account)


def test_a_new_address_joins_once(organisation: Organisation, as_: Callable[[str], Actor]) -> None:
    with speaking_for(organisation.pk):
        secret = services.invite(as_("owner"), " New@Example.ORG ", "planner")
        stored = Invitation.objects.get(organisation=organisation, email="new@example.org")
    assert secret not in stored.token_hash
    Account.objects.filter(email="new@example.org").delete()
    account = joining.join_anew(secret, "New", PASSWORD)
    with speaking_for(organisation.pk):
        assert place(account).role == "planner"
    for again in (
        lambda: joining.join_anew(secret, "New", PASSWORD),
        lambda: joining.join_as(account, secret),
    ):
        with pytest.raises(NotFound):
            again()


def test_a_link_dies_after_a_week(organisation: Organisation, as_: Callable[[str], Actor]) -> None:
    with speaking_for(organisation.pk):
        secret = services.invite(as_("owner"), "late@example.org", "viewer")
    with clock.at(clock.now() + timedelta(days=6, hours=23)):
        assert joining.find(secret).email == "late@example.org"
    with clock.at(clock.now() + timedelta(days=7, seconds=1)), pytest.raises(NotFound):
        joining.find(secret)


def test_a_second_invitation_replaces_the_first(organisation: Organisation, as_: Callable[[str], Actor]) -> None:
    with speaking_for(organisation.pk):
        owner = as_("owner")
        first = services.invite(owner, "twice@example.org", "viewer")
        second = services.invite(owner, "twice@example.org", "driver")
    with pytest.raises(NotFound):
        joining.find(first)
    assert joining.find(second).role == "driver"


def test_an_invitation_is_for_its_address_only(
    organisation: Organisation, as_: Callable[[str], Actor], account_of: Accounts
) -> None:
    account, other = account_of(None), account_of(None)
    with speaking_for(organisation.pk):
        secret = services.invite(as_("owner"), account.email, "viewer")
    with pytest.raises(Forbidden):
        joining.join_as(other, secret)
    with pytest.raises(Forbidden):
        joining.join_anew(secret, "", PASSWORD)
    joining.join_as(account, secret)
    with speaking_for(organisation.pk):
        assert place(account).role == "viewer"


def test_of_two_who_use_a_link_at_once_one_joins(organisation: Organisation, as_: Callable[[str], Actor]) -> None:
    with speaking_for(organisation.pk):
        secret = services.invite(as_("owner"), "race@example.org", "viewer")
    Account.objects.filter(email="race@example.org").delete()
    start, results = threading.Barrier(2), []

    def run() -> None:
        start.wait()
        try:
            results.append(joining.join_anew(secret, "", PASSWORD))
        except Exception as error:
            results.append(error)  # type: ignore[arg-type]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(isinstance(result, Account) for result in results) == 1
    assert Account.objects.filter(email="race@example.org").count() == 1


def test_a_weak_password_makes_no_account(organisation: Organisation, as_: Callable[[str], Actor]) -> None:
    with speaking_for(organisation.pk):
        secret = services.invite(as_("owner"), "weak@example.org", "viewer")
    for password in ("short", "weak@example.org", "passwordpassword"[:8]):
        with pytest.raises(InvalidInput):
            joining.join_anew(secret, "", password)
    assert not Account.objects.filter(email="weak@example.org").exists()
    assert joining.find(secret)


@pytest.mark.parametrize("role", ["planner", "viewer", "driver"])
def test_below_manager_nobody_invites(role: str, organisation: Organisation, as_: Callable[[str], Actor]) -> None:
    with speaking_for(organisation.pk), pytest.raises(Forbidden):
        services.invite(as_(role), "x@example.org", "driver")


def test_nobody_lifts_above_himself_nor_touches_those_above(
    organisation: Organisation, as_: Callable[[str], Actor]
) -> None:
    with speaking_for(organisation.pk):
        owner, manager, viewer = as_("owner"), as_("manager"), as_("viewer")
        secret = services.invite(owner, "high@example.org", "owner")
        high = joining.find(secret)
        for forbidden in (
            lambda: services.invite(manager, "x@example.org", "owner"),
            lambda: services.invite(manager, "high@example.org", "viewer"),
            lambda: services.withdraw_invitation(manager, high.id),
            lambda: services.change_role(manager, place(manager.account).pk, "owner"),
            lambda: services.change_role(manager, place(owner.account).pk, "viewer"),
            lambda: services.remove_member(manager, place(owner.account).pk),
            lambda: services.remove_member(viewer, place(manager.account).pk),
        ):
            with pytest.raises(Forbidden), transaction.atomic():
                forbidden()
        services.change_role(manager, place(viewer.account).pk, "manager")
        assert place(viewer.account).role == "manager"


@pytest.mark.parametrize("bad", ["", "no-address", "a@b", "x@example.org\nBcc: y@example.org"])
def test_bad_addresses_are_refused(bad: str, organisation: Organisation, as_: Callable[[str], Actor]) -> None:
    with speaking_for(organisation.pk), pytest.raises(InvalidInput):
        services.invite(as_("owner"), bad, "viewer")


def test_the_last_owner_stays(organisation: Organisation, as_: Callable[[str], Actor]) -> None:
    with speaking_for(organisation.pk):
        owner = as_("owner")
        own = place(owner.account).pk
        for act in (
            lambda: services.remove_member(owner, own),
            lambda: services.change_role(owner, own, "viewer"),
        ):
            with pytest.raises(LastOwner), transaction.atomic():
                act()
        second = as_("owner")
        services.remove_member(owner, own)
        with pytest.raises(LastOwner):
            services.remove_member(second, place(second.account).pk)


def test_two_owners_who_leave_at_once_leave_one(organisation: Organisation, as_: Callable[[str], Actor]) -> None:
    actors = [as_("owner"), as_("owner")]
    start, results = threading.Barrier(2), []

    def leave(actor: Actor) -> None:
        try:
            with speaking_for(organisation.pk):
                own = place(actor.account).pk
                start.wait()
                services.remove_member(actor, own)
            results.append("left")
        except Exception as error:
            results.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=leave, args=(actor,)) for actor in actors]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    with speaking_for(organisation.pk):
        assert Membership.objects.filter(role="owner").count() == 1
    assert results.count("left") == 1


def test_removing_a_member_ends_his_sessions(
    organisation: Organisation, as_: Callable[[str], Actor], account_of: Accounts
) -> None:
    account, client = account_of("viewer"), Client(SERVER_NAME="localhost")
    client.force_login(account)
    assert client.get("/organisation/").status_code == 200
    assert Session.objects.filter(account=account).count() == 1
    with speaking_for(organisation.pk):
        services.remove_member(as_("owner"), place(account).pk)
    assert client.get("/organisation/").headers["Location"].startswith("/accounts/login/")
    assert not Session.objects.filter(account=account).exists()


def test_a_token_is_kept_as_a_hash_and_dies_at_once(
    organisation: Organisation, as_: Callable[[str], Actor], stranger: Client
) -> None:
    with speaking_for(organisation.pk):
        token, secret = services.create_token(organisation, "T", ["devices:read", "devices:read"])
        assert token.scopes == ["devices:read"]
        assert secret.startswith("ac_")
        assert secret not in token.token_hash
    headers = {"Authorization": f"Bearer {secret}"}
    assert stranger.get("/api/v1/devices", headers=headers).status_code == 200
    with speaking_for(organisation.pk):
        assert ApiToken.objects.get(pk=token.pk).last_used_on == clock.now().date()
        services.revoke_token(as_("manager"), token.pk)
    assert stranger.get("/api/v1/devices", headers=headers).status_code == 401
    with speaking_for(organisation.pk), pytest.raises(NotFound):
        services.revoke_token(as_("manager"), token.pk)


@pytest.mark.parametrize(
    ("name", "scopes"), [("t", []), ("t", ["all"]), (" ", ["devices:read"]), ("x" * 101, ["devices:read"])]
)
def test_malformed_tokens_are_refused(name: str, scopes: list[str], organisation: Organisation) -> None:
    with speaking_for(organisation.pk), pytest.raises(InvalidInput):
        services.create_token(organisation, name, scopes)
