"""AT-24: when somebody leaves, every way in is dead within 60 seconds, and it can be shown what ended."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.test import Client

from allconnects.accounts import leaving as ways_in
from allconnects.accounts import streams
from allconnects.accounts.models import Account, ApiToken, Organisation
from allconnects.accounts.services import TOKEN_PREFIX, digest
from allconnects.accounts.tenancy import speaking_for
from allconnects.alerts.models import PushSubscription
from allconnects.fleet.models import Badge, Person
from allconnects.fleet.services import badging, inbox, installing, leaving, presence
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.labels import tables
from allconnects.privacy import jobs as privacy_jobs
from allconnects.privacy.ways import ACTION, SWEEP_AFTER
from allconnects.products.live_connects import shares
from allconnects.telemetry.gateway.directory import hash_secret
from allconnects.telemetry.live.hub import HEARTBEAT_S
from allconnects.telemetry.models import Device, Kind
from tests.privacy.reading import register_vehicle

PHONE_SECRET = "a secret of a phone that is long enough"
NUMBER = "04A1DE3055AA"
HELD_BY_NOBODY = {
    "privacy_case": "a right of the person, who keeps it after leaving: opens one's own request only",
    "privacy_export": "the same: opens one's own data, once, and expires",
    "privacy_consents_act": "shows what one agreed to",
    "accounts_account": "a password opens nothing without a membership",
    "mfa_authenticator": "the same: a second factor of a sign-in",
    "account_emailconfirmation": "confirms an address, lets nobody in",
    "fleet_material": "the sign on a tool, for whoever finds it",
    "fleet_driverevent": "what was badged, not what badges",
    "alerts_endpoint": "a key that signs what we send to a program of the firm",
    "forwarding_target": "a key that is sent to a program of the firm",
}


class Firm:
    """Somebody with one of every way in."""

    def __init__(self, organisation: Organisation, account: Account, run: Callable[..., Any]) -> None:
        self.organisation, self.account, self.who = organisation, account, Who(organisation)
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(account)
        self.token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        with speaking_for(organisation.pk):
            ApiToken.objects.create(
                organisation=organisation, name="export", token_hash=digest(self.token), scopes=["devices:read"],
                created_by=account,
            )  # fmt: skip
            self.person = Person.objects.create(
                organisation=organisation, first_name="Ann", last_name="Example", account=account
            )
            self.badge = badging.give(self.who, self.person, "rfid", NUMBER, clock.now() - timedelta(days=3))
            self.phone = Device.objects.create(
                organisation=organisation, name="phone", kind=Kind.PHONE, identifier=secrets.token_hex(8),
                secret_hash=hash_secret(PHONE_SECRET),
            )  # fmt: skip
            installing.install(self.who, self.phone.pk, self.person, clock.now() - timedelta(days=2))
            PushSubscription.objects.create(
                organisation=organisation, account=account, endpoint="https://push.example.org/1", p256dh="k", auth="a"
            )
            self.link = self.share()

    def share(self) -> str:
        """A link to the map by this account."""
        car = Device.objects.create(
            organisation=self.organisation, name="car", kind=Kind.VEHICLE, identifier=secrets.token_hex(8)
        )
        until = clock.now() + timedelta(hours=8)
        made = shares.make_share(
            self.organisation, self.account, "site", [car.pk], clock.now(), until, with_name=False, precision="exact"
        )
        return made[1]

    def by_token(self) -> int:
        """What the token is answered."""
        headers = {"HTTP_AUTHORIZATION": f"Bearer {self.token}"}
        return Client(SERVER_NAME="localhost").get("/api/v1/devices", **headers).status_code  # type: ignore[arg-type]


@pytest.fixture
def firm(
    organisation: Organisation, account_of: Callable[..., Account], owner_connection: psycopg.Connection[Any]
) -> Firm:
    return Firm(organisation, account_of("planner"), owner_connection.execute)


def test_one_action_ends_every_way_in(firm: Firm, client_of: Callable[..., Client]) -> None:
    key = firm.client.session.session_key
    assert firm.client.get("/organisation/").status_code == firm.by_token() == 200
    assert shares.find(firm.link)
    assert streams._still(key, firm.account.pk, firm.organisation.pk)
    office = client_of("manager")
    page = office.get(f"/organisation/leaving/person/{firm.person.pk}/").content.decode()
    assert all(word in page for word in ("export", "phone", "site"))
    assert office.post(f"/organisation/leaving/person/{firm.person.pk}/").status_code == 302
    assert firm.client.get("/organisation/").status_code == 302
    assert firm.by_token() == 401
    assert not streams._still(key, firm.account.pk, firm.organisation.pk)
    with pytest.raises(shares.NotFound):
        shares.find(firm.link)
    with speaking_for(firm.organisation.pk):
        assert Badge.objects.get(pk=firm.badge.pk).revoked_at
        assert Device.objects.get(pk=firm.phone.pk).secret_hash not in ("", hash_secret(PHONE_SECRET))
        assert not PushSubscription.objects.filter(account=firm.account).exists()
        assert Person.objects.get(pk=firm.person.pk).active_until is not None
    told = office.get("/organisation/leaving/").content.decode()
    assert "Ann Example" in told


def test_streams_and_what_was_under_way_end_within_a_minute() -> None:
    assert streams.CHECK_EVERY_S + HEARTBEAT_S <= 60
    assert timedelta(seconds=20) <= SWEEP_AFTER <= timedelta(seconds=50)


def test_what_a_last_request_makes_is_dead_or_swept(firm: Firm, owner_connection: psycopg.Connection[Any]) -> None:
    """A request that had begun commits after the leaving."""
    with speaking_for(firm.organisation.pk):
        leaving.leave(firm.who, leaving.of_account(firm.who, firm.account.pk), "token:1")
        late = TOKEN_PREFIX + secrets.token_urlsafe(32)
        ApiToken.objects.create(
            organisation=firm.organisation, name="late", token_hash=digest(late), scopes=["devices:read"],
            created_by=firm.account,
        )  # fmt: skip
        link = firm.share()
    firm.token = late
    assert firm.by_token() == 401
    assert shares.find(link)
    job = owner_connection.execute(
        "SELECT args, scheduled_at - now() FROM procrastinate_jobs WHERE task_name = 'privacy.sweep' "
        "AND args->>'organisation' = %s", (str(firm.organisation.pk),),
    ).fetchone()  # fmt: skip
    assert job is not None
    assert job[1] < timedelta(seconds=60)
    with speaking_for(firm.organisation.pk):
        privacy_jobs.sweep(firm.organisation.pk, firm.account.pk, firm.person.pk)
    with pytest.raises(shares.NotFound):
        shares.find(link)


def test_who_was_taken_in_again_is_not_swept(firm: Firm) -> None:
    with speaking_for(firm.organisation.pk):
        privacy_jobs.sweep(firm.organisation.pk, firm.account.pk)
    assert firm.by_token() == 200


def test_removing_a_member_ends_what_hangs_on_the_account(firm: Firm, client_of: Callable[..., Client]) -> None:
    with speaking_for(firm.organisation.pk):
        row = firm.account.membership_set.get(organisation=firm.organisation).pk
    client_of("owner").post(f"/organisation/members/{row}/remove/")
    assert firm.by_token() == 401
    with speaking_for(firm.organisation.pk):
        assert Badge.objects.get(pk=firm.badge.pk).revoked_at is None


def test_the_badge_of_a_leaver_counts_for_nobody_and_is_told(firm: Firm) -> None:
    with speaking_for(firm.organisation.pk):
        leaving.leave(firm.who, leaving.of_person(firm.who, firm.person.pk), "token:1")
        van = register_vehicle(firm.organisation)
        presence.observe(firm.who, [presence.Sighting(van, "badge", True, clock.now(), number=NUMBER)])
        (asked,) = inbox.waiting()
        assert (asked.kind, asked.person_id, asked.event.person_id) == ("blocked_badge", firm.person.pk, None)
        with pytest.raises(inbox.InvalidInput):
            inbox.assign_badge(firm.who, asked.pk, firm.person.pk)
        other = Person.objects.create(organisation=firm.organisation, first_name="Bo", last_name="Example")
        badging.give(firm.who, other, "rfid", NUMBER)
        assert inbox.left_with([firm.badge.token_hash]) == {}


def test_nobody_ends_those_above_him_and_the_last_owner_stays(
    organisation: Organisation, account_of: Callable[..., Account], client_of: Callable[..., Client]
) -> None:
    owner = account_of("owner")
    with speaking_for(organisation.pk):
        row = owner.membership_set.get(organisation=organisation).pk
    assert client_of("manager").post(f"/organisation/leaving/member/{row}/").status_code == 403
    client = Client(SERVER_NAME="localhost")
    client.force_login(owner)
    assert client.post(f"/organisation/leaving/member/{row}/").status_code == 302
    assert client.get("/organisation/").status_code == 200


def test_the_audit_chain_says_what_ended(firm: Firm, owner_connection: psycopg.Connection[Any]) -> None:
    with speaking_for(firm.organisation.pk):
        ended = leaving.leave(firm.who, leaving.of_person(firm.who, firm.person.pk), "token:1")
    assert set(ended) >= {"membership", "sessions", "tokens", "badges", "devices", "push", "shares"}
    row = owner_connection.execute(
        "SELECT about, details FROM privacy_audit WHERE organisation_id = %s AND action = %s",
        (firm.organisation.pk, ACTION),
    ).fetchone()
    assert row == (f"person:{firm.person.pk}", {"ended": ended, "account": firm.account.pk})


def test_every_table_with_credentials_has_its_ending(database: None) -> None:
    """A new table that lets people in fails here until it has a way, or a reason why nobody comes in by it."""
    ended = {table for way in ways_in.ways() for table in way.tables}
    secret = {
        name
        for name, table in tables().items()
        if any(label.category == "user.authorization.credentials" for label in table.columns.values())
    }
    assert secret - ended - set(HELD_BY_NOBODY) == set()
    assert set(HELD_BY_NOBODY) - secret == set()
