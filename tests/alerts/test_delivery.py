"""Everybody who should be told is told once, by every channel, also when receivers are down for a while."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from allconnects.alerts.delivery import guard, keys, send, signing, webhooks
from allconnects.alerts.models import Alert, Delivery, Endpoint, Outcome, PushSubscription
from allconnects.alerts.services import inbox, outbox, receivers, watch
from allconnects.kit import config
from tests.alerts.conftest import NOON, Fleet, minutes
from tests.alerts.receiver import Receiver, receiving

Make = Callable[..., Any]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``settings(name=value)``: settings of this test."""

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"ALLCONNECTS_{name.upper()}", value)
        config.current.cache_clear()

    yield change
    monkeypatch.undo()
    config.current.cache_clear()


@pytest.fixture
def receiver(settings: Callable[..., None]) -> Iterator[Receiver]:
    settings(outgoing_private="allow")
    with receiving() as found:
        yield found


@pytest.fixture
def raised(fleet: Fleet, make_rule: Make) -> Callable[..., Alert]:
    """``raised(**rule)``: an event of a rule that tells as it says."""

    def make(at: Any = NOON, name: str = "Van 1", **given: Any) -> Alert:
        device = fleet.device(name)
        make_rule("speeding", {"number": 90}, scope={"devices": [device]}, **given)
        fleet.send(device, at, speed=120)
        with fleet.at(at + minutes(0.1)):
            watch.look(fleet.organisation.pk)
            return Alert.objects.select_related("rule").get(device=device)

    return make


def due(fleet: Fleet, moment: Any) -> list[Delivery]:
    """Deliver what is due at a moment; returns all deliveries."""
    with fleet.at(moment):
        for number in Delivery.objects.filter(outcome=Outcome.PENDING).values_list("pk", flat=True):
            send.deliver(fleet.organisation.pk, number)
        return list(Delivery.objects.order_by("pk"))


@pytest.fixture
def webhook(fleet: Fleet, receiver: Receiver) -> tuple[Endpoint, str]:
    with fleet.at(NOON):
        return webhooks.add(fleet.organisation, "Test", receiver.url + "/hook")


def test_a_webhook_is_signed_so_that_receivers_accept_it(
    fleet: Fleet, receiver: Receiver, webhook: tuple[Endpoint, str], raised: Callable[..., Alert]
) -> None:
    alert = raised(channels=["webhook"])
    (delivery,) = due(fleet, NOON + minutes(1))
    assert delivery.outcome == Outcome.SENT
    ((path, headers, body),) = receiver.seen
    assert path == "/hook"
    headers["webhook-timestamp"] = _now(headers, body, webhook[1])
    found = json.loads(body)
    assert (found["type"], found["data"]["id"], found["data"]["peak"]) == ("alert.raised", alert.pk, 120.0)
    assert "lat" not in found["data"]
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(body, headers)


def _now(headers: dict[str, str], body: bytes, secret: str) -> str:
    """Verify as a receiver does. The test's clock is elsewhere, so the message is signed anew at the receiver's."""
    import time

    stamp = int(time.time())
    again = signing.headers(headers["webhook-id"], stamp, body, [secret])
    Webhook(secret).verify(body, again)
    first = signing.headers(headers["webhook-id"], int(headers["webhook-timestamp"]), body, [secret])
    assert first["webhook-signature"] == headers["webhook-signature"]
    return str(stamp)


def test_a_receiver_that_fails_gets_the_same_message_again_with_growing_waits(
    fleet: Fleet, receiver: Receiver, webhook: tuple[Endpoint, str], raised: Callable[..., Alert]
) -> None:
    receiver.answers = [500, 503]
    raised(channels=["webhook"])
    moment = NOON + minutes(1)
    (first,) = due(fleet, moment)
    assert (first.outcome, first.attempts, first.status) == (Outcome.PENDING, 1, 500)
    assert first.due_at == moment + timedelta(seconds=5)
    due(fleet, moment + timedelta(seconds=4))
    assert len(receiver.seen) == 1
    due(fleet, moment + timedelta(seconds=6))
    (last,) = due(fleet, moment + timedelta(seconds=400))
    assert (last.outcome, last.attempts) == (Outcome.SENT, 3)
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.seen}) == 1


def test_a_receiver_that_fails_for_days_is_switched_off(
    fleet: Fleet, receiver: Receiver, webhook: tuple[Endpoint, str], raised: Callable[..., Alert]
) -> None:
    receiver.answers = [500] * 50
    raised(channels=["webhook"])
    moment = NOON + minutes(1)
    for wait in (0, *signing.SCHEDULE_S):
        moment += timedelta(seconds=wait + 1)
        due(fleet, moment)
    with fleet.at(moment):
        assert Delivery.objects.get().outcome == Outcome.FAILED
        assert Endpoint.objects.get().enabled
    moment += timedelta(days=3)
    with fleet.at(moment):
        webhooks.test(webhook[0].pk)
    due(fleet, moment)
    with fleet.at(moment):
        found = Endpoint.objects.get()
        assert (found.enabled, found.disabled_reason) == (False, "failing")
        webhooks.change(found.pk, enabled=True)
        assert Endpoint.objects.get().failing_since is None


def test_a_redirect_is_not_followed_and_gone_is_gone(
    fleet: Fleet, receiver: Receiver, webhook: tuple[Endpoint, str], raised: Callable[..., Alert]
) -> None:
    receiver.answers = [302, 410]
    raised(channels=["webhook"])
    (first,) = due(fleet, NOON + minutes(1))
    assert (first.error, first.status) == ("redirect", 302)
    assert [path for path, _h, _b in receiver.seen] == ["/hook"]
    (last,) = due(fleet, NOON + minutes(2))
    assert last.outcome == Outcome.FAILED
    with fleet.at(NOON):
        assert Endpoint.objects.get().disabled_reason == "gone"


def test_a_replaced_secret_signs_along_for_a_day(
    fleet: Fleet, receiver: Receiver, webhook: tuple[Endpoint, str]
) -> None:
    with fleet.at(NOON):
        new = webhooks.rotate(webhook[0].pk)
        assert webhooks.secrets_of(Endpoint.objects.get()) == [new, webhook[1]]
    with fleet.at(NOON + timedelta(hours=25)):
        assert webhooks.secrets_of(Endpoint.objects.get()) == [new]
    assert webhook[1].encode() not in bytes(webhook[0].secret)


def test_telling_twice_makes_one_delivery(
    fleet: Fleet, receiver: Receiver, webhook: tuple[Endpoint, str], raised: Callable[..., Alert]
) -> None:
    alert = raised(channels=["webhook"])
    with fleet.at(NOON):
        outbox.tell(alert, "raised")
    due(fleet, NOON + minutes(1))
    due(fleet, NOON + minutes(2))
    assert len(receiver.seen) == 1


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[::1]", "[fd00::1]",
     "[fe80::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[2002:a00:1::]", "224.0.0.1", "localhost", "2130706433",
     "0x7f000001"],
)  # fmt: skip
def test_private_addresses_are_refused(address: str, settings: Callable[..., None]) -> None:
    settings()
    with pytest.raises(guard.Refused):
        guard.resolve(f"https://{address}/hook")


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "ftp://example.org/", "https://user:secret@example.org/", "https://", "nonsense",
     "https://example.org:99999/", "https://exam ple.org/", "https://example.org/#there"],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(url: str, settings: Callable[..., None]) -> None:
    settings()
    with pytest.raises(guard.Refused):
        guard.parse(url)


def test_a_name_is_resolved_once_and_the_connection_goes_there(
    monkeypatch: pytest.MonkeyPatch, settings: Callable[..., None]
) -> None:
    """A name that answers with a public address first and a private one next gains nothing."""
    import socket

    from allconnects.alerts.delivery import http

    settings()
    answers = iter(["93.184.215.14", "127.0.0.1"])
    asked: list[Any] = []
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", (next(answers), 443))])

    def connect(address: Any, *_: Any) -> Any:
        asked.append(address)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(http.Unreachable):
        http.post("https://rebinding.example.org/", b"", {})
    assert asked == [("93.184.215.14", 443)]


def test_mail_in_the_receivers_language_and_one_digest_for_many(
    fleet: Fleet, settings: Callable[..., None], raised: Callable[..., Alert], account_of: Make, make_rule: Make,
    owner_connection: Any,
) -> None:  # fmt: skip
    settings(email_url="smtp://localhost:25")
    account = account_of("manager")
    account_of("viewer")
    owner_connection.execute("UPDATE accounts_account SET language = 'nl' WHERE id = %s", (account.pk,))
    mail.outbox.clear()
    raised(channels=["email"])
    due(fleet, NOON + minutes(1))
    assert [one.to for one in mail.outbox] == [[account.email]]
    assert mail.outbox[0].subject.startswith("Van 1: ")
    device = fleet.device("Van 2")
    for at in range(10):
        fleet.send(device, NOON + minutes(2 + at * 0.5), speed=120 if at % 2 else 50)
    make_rule("speeding", {"number": 91, "minutes": 0}, channels=["email"], digest_minutes=60)
    fleet.send(device, NOON + minutes(8), speed=50)
    with fleet.at(NOON + minutes(9)):
        watch.look(fleet.organisation.pk)
    waiting = [one for one in due(fleet, NOON + minutes(10)) if one.outcome == Outcome.PENDING]
    assert waiting
    assert all(one.due_at.minute == 0 for one in waiting)
    before = len(mail.outbox)
    assert all(one.outcome == Outcome.SENT for one in due(fleet, NOON + minutes(61)))
    assert len(mail.outbox) == before + 1


def test_quiet_hours_wait_and_critical_news_does_not(
    fleet: Fleet, account_of: Make, raised: Callable[..., Alert]
) -> None:
    account_of("manager")
    evening = NOON.replace(hour=21)
    raised(evening, channels=["email"], quiet_start=22 * 60, quiet_until=6 * 60)
    raised(evening, "Van 9", channels=["email"], quiet_start=22 * 60, quiet_until=6 * 60, severity="critical")
    with fleet.at(evening):
        by_severity = {one.alert.rule.severity: one.due_at for one in Delivery.objects.select_related("alert__rule")}
    assert by_severity["critical"] < evening + minutes(5)
    local = by_severity["warning"].astimezone(outbox.after_quiet.__globals__["BRUSSELS"])
    assert (local.hour, local.minute) == (6, 0)


def test_nobody_takes_it_on_so_the_next_role_is_told(
    fleet: Fleet, account_of: Make, raised: Callable[..., Alert]
) -> None:
    manager, owner = account_of("manager"), account_of("owner")
    alert = raised(channels=["email"], escalate_minutes=15, escalate_role="owner")
    with fleet.at(NOON + minutes(14)):
        assert inbox.escalate() == 0
    with fleet.at(NOON + minutes(16)):
        assert inbox.escalate() == 1
        assert inbox.escalate() == 0
        told = {(one.reason, one.account_id) for one in Delivery.objects.all()}
        assert told == {("raised", manager.pk), ("escalated", owner.pk)}
        assert [one.what for one in inbox.history(alert)] == ["raised", "escalated"]


def test_what_is_taken_on_or_put_off_does_not_escalate(
    fleet: Fleet, account_of: Make, raised: Callable[..., Alert]
) -> None:
    manager = account_of("manager")
    taken = raised(channels=["email"], escalate_minutes=15, escalate_role="owner")
    with fleet.at(NOON + minutes(5)):
        assert inbox.acknowledge([taken.pk], manager.pk) == 1
        assert inbox.acknowledge([taken.pk], manager.pk) == 0
    later = raised(NOON + minutes(5), "Van 2", channels=["email"], escalate_minutes=15, escalate_role="owner")
    with fleet.at(NOON + minutes(6)):
        inbox.snooze([later.pk], manager.pk, 60)
    with fleet.at(NOON + minutes(40)):
        assert inbox.escalate() == 0
    with fleet.at(NOON + minutes(70)):
        assert inbox.escalate() >= 1


class _Browser:
    """The keys of a browser, and how it reads what comes."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)

    @property
    def p256dh(self) -> str:
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    @property
    def secret(self) -> str:
        return base64.urlsafe_b64encode(self.auth).rstrip(b"=").decode()

    def read(self, body: bytes) -> Any:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


def test_a_push_message_is_read_by_the_browser_alone_and_says_little(
    fleet: Fleet, receiver: Receiver, account_of: Make, raised: Callable[..., Alert]
) -> None:
    browser, account = _Browser(), account_of("manager")
    with fleet.at(NOON):
        receivers.subscribe(fleet.organisation, account, receiver.url + "/push", browser.p256dh, browser.secret)
    alert = raised(channels=["push"])
    (delivery,) = due(fleet, NOON + minutes(1))
    assert delivery.outcome == Outcome.SENT
    ((_path, headers, body),) = receiver.seen
    assert b"Van" not in body
    said = browser.read(body)
    assert said["title"].startswith("Van 1: ")
    assert said["path"] == f"/alerts/{alert.pk}/"
    assert set(said) == {"title", "path", "tag"}
    scheme, _, parameters = headers["authorization"].partition(" ")
    assert scheme == "vapid"
    assert keys.application_server_key() in parameters
    assert headers["content-encoding"] == "aes128gcm"


def test_a_browser_that_is_gone_is_forgotten(
    fleet: Fleet, receiver: Receiver, account_of: Make, raised: Callable[..., Alert]
) -> None:
    browser, account = _Browser(), account_of("manager")
    receiver.answers = [410]
    with fleet.at(NOON):
        receivers.subscribe(fleet.organisation, account, receiver.url + "/push", browser.p256dh, browser.secret)
    raised(channels=["push"])
    (delivery,) = due(fleet, NOON + minutes(1))
    assert delivery.outcome == Outcome.DROPPED
    with fleet.at(NOON):
        assert not PushSubscription.objects.exists()


def test_who_left_hears_nothing_more(
    fleet: Fleet, settings: Callable[..., None], account_of: Make, raised: Callable[..., Alert], owner_connection: Any
) -> None:
    settings(email_url="smtp://localhost:25")
    account = account_of("manager")
    mail.outbox.clear()
    raised(channels=["email"])
    owner_connection.execute("DELETE FROM accounts_membership WHERE account_id = %s", (account.pk,))
    (delivery,) = due(fleet, NOON + minutes(1))
    assert (delivery.outcome, mail.outbox) == (Outcome.DROPPED, [])
