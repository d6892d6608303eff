"""AT-34: by post, telephone, mail without the keyword, the employer, the app, or a driver without an account: each is a
case with the true day of receipt, and what the employer decides about reaches him within a working day, data ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client, TestCase

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, config
from allconnects.privacy.requests import identity, mailbox, ports, receiving, routing, sending
from allconnects.privacy.requests.mail import read
from allconnects.privacy.requests.models import Case, Channel, Event, Happened, Letter, State
from tests.privacy.requests.office import Office
from tests.privacy.requests.standins import Packer, imap

NOW = datetime(2026, 11, 26, 14, tzinfo=UTC)
MAIL = """From: {sender}
To: privacy@example.org
Subject: {subject}
Message-ID: <{number}@example.org>
Date: Wed, 25 Nov 2026 23:40:00 +0100
Content-Type: text/plain; charset=utf-8

Graag kreeg ik een kopie van mijn gegevens.
"""


@pytest.fixture
def operator(
    make_organisation: Callable[..., Organisation], monkeypatch: pytest.MonkeyPatch, outbox: list[Any]
) -> Organisation:
    """The organisation that runs the platform and takes in what names no employer."""
    made = make_organisation("Operator nv")
    settings = replace(config.current(), privacy_organisation=made.slug)
    monkeypatch.setattr(config, "current", lambda: settings)
    return made


def entered(office: Office, channel: str) -> Case:
    client = Client(SERVER_NAME="localhost")
    client.force_login(office.owner)
    day = NOW.date() - timedelta(days=3)
    answer = client.post(
        "/privacy/requests/queue/enter/",
        {"channel": channel, "received_on": day.isoformat(), "right": "access", "name": "Rita Example",
         "address": "Teststraat 1\n2550 Kontich", "language": "nl", "words": "A letter."},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content
    return Case.objects.get(pk=answer.headers["Location"].split("/")[-2])


@pytest.mark.parametrize("channel", [Channel.POST, Channel.PHONE, Channel.EMPLOYER])
def test_what_staff_enter_counts_from_the_true_day(office: Office, channel: str) -> None:
    with clock.at(NOW):
        case = entered(office, channel)
    assert case.received_on == date(2026, 11, 23)
    assert case.due_on == date(2026, 12, 23)
    assert case.channel == channel
    assert Letter.objects.get(case=case, kind="receipt").way == "paper"


def test_a_day_to_come_is_refused(office: Office) -> None:
    client = Client(SERVER_NAME="localhost")
    client.force_login(office.owner)
    data = {"channel": "post", "received_on": "2099-01-01", "name": "n", "language": "nl"}
    assert client.post("/privacy/requests/queue/enter/", data).status_code == 200
    assert not Case.objects.exists()


def test_a_driver_in_the_app_is_with_his_employer_at_once(office: Office) -> None:
    client = Client(SERVER_NAME="localhost")
    client.force_login(office.driver)
    answer = client.post("/privacy/requests/new/", {"right": "access", "words": ""})
    assert answer.status_code == 302
    case = Case.objects.get(account=office.driver)
    assert (case.organisation_id, case.state, case.identity) == (office.organisation.pk, "working", "session")
    assert office.packer.asked[0][1:] == (case.pk, "access")


def test_mail_without_the_keyword_reaches_the_employer_with_its_day(
    operator: Organisation, organisation: Organisation, account_of: Callable[..., Account], outbox: list[Any]
) -> None:
    driver, packer = account_of("driver"), Packer()
    account_of("owner")
    with clock.at(NOW), ports.use(exports=packer), speaking_for(operator.pk):
        raw = MAIL.format(sender=f"A Driver <{driver.email}>", subject="een vraagje", number="a1").encode()
        case = mailbox.arrive(operator.pk, read(raw), date(2026, 11, 25))
        case.refresh_from_db()
        assert case.state == State.ROUTED
        assert case.received_on == date(2026, 11, 25)
        assert organisation.name in Letter.objects.get(case=case, kind="referral").body
    with speaking_for(organisation.pk):
        twin = Case.objects.get(pk=case.twin)
        assert (twin.received_on, twin.due_on) == (date(2026, 11, 25), date(2026, 12, 28))
        assert twin.account_id == driver.pk
        assert twin.identity == ""
        assert twin.state == State.IDENTITY
        asked = packer.asked[0]
        assert (asked[0].organisation, asked[0].account, asked[1]) == (organisation.pk, driver.pk, twin.pk)
    code = next(mail for mail in outbox if "code" in mail.subject.lower())
    assert code.to == [driver.email]


def test_a_driver_without_an_account_is_passed_on_by_hand_within_a_working_day(
    operator: Organisation, organisation: Organisation, outbox: list[Any]
) -> None:
    friday = datetime(2026, 11, 27, 16, tzinfo=UTC)
    with clock.at(friday), speaking_for(operator.pk):
        raw = MAIL.format(sender="old.driver@example.org", subject="PRIVACY REQUEST", number="b1").encode()
        case = mailbox.arrive(operator.pk, read(raw), friday.date())
        assert case.route_by == date(2026, 11, 30)
        routing.refer(case, organisation.pk)
        case.refresh_from_db()
        assert case.state == State.ROUTED
    with speaking_for(organisation.pk):
        twin = Case.objects.get(pk=case.twin)
        assert twin.state == State.IDENTITY
        assert twin.email == "old.driver@example.org"
    with speaking_for(operator.pk):
        assert not Case.objects.filter(pk=case.twin).exists()


def test_the_public_form_needs_its_address_confirmed_and_counts_from_the_day_it_was_sent(
    operator: Organisation, stranger: Client, outbox: list[Any]
) -> None:
    form = {"right": "erasure", "name": "Rita Example", "email": "rita@example.org", "language": "fr", "words": ""}
    with clock.at(NOW):
        assert stranger.post("/privacy/requests/ask/", form, REMOTE_ADDR="203.0.113.7").status_code == 200
    with speaking_for(operator.pk):
        case = Case.objects.get()
        assert case.state == State.UNCONFIRMED
    page = next(word for word in outbox[0].body.split() if "/confirm/" in word).partition("/privacy")
    with clock.at(NOW + timedelta(days=2)):
        assert stranger.get("/privacy" + page[2]).status_code == 200
        with speaking_for(operator.pk):
            case.refresh_from_db()
            assert case.state == State.UNCONFIRMED, "opening the link is not yet a yes"
        followed = stranger.post("/privacy" + page[2], follow=True)
    assert case.reference in followed.content.decode()
    with speaking_for(operator.pk):
        case.refresh_from_db()
        assert (case.state, case.received_on) == (State.IDENTITY, NOW.date())


def test_the_box_is_emptied_once_and_nothing_is_taken_twice(
    operator: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with imap() as box:
        settings = replace(config.current(), privacy_mailbox=box.url)
        monkeypatch.setattr(config, "current", lambda: settings)
        late = datetime(2026, 11, 25, 23, 40, tzinfo=ZoneInfo("Europe/Brussels"))
        box.put(MAIL.format(sender="x@example.org", subject="PRIVACY REQUEST", number="1"), late)
        box.put(MAIL.format(sender="x@example.org", subject="PRIVACY REQUEST", number="1"), late)
        box.put(b"\xff\xfe nonsense without any header", late)
        with clock.at(NOW):
            for found, left in ((2, 2), (0, 0), (0, 0)):
                with speaking_for(operator.pk):
                    assert mailbox.fetch(operator.pk) == found
                assert len(box.mails) == left
        assert len(box.folders[mailbox.DONE]) == 3
    with speaking_for(operator.pk):
        assert [case.received_on for case in Case.objects.all()] == [date(2026, 11, 25)] * 2


def test_a_round_that_is_lost_leaves_the_mail_in_the_box(
    operator: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with imap() as box:
        settings = replace(config.current(), privacy_mailbox=box.url)
        monkeypatch.setattr(config, "current", lambda: settings)
        box.put(MAIL.format(sender="x@example.org", subject="hello", number="2"), NOW)
        with pytest.raises(RuntimeError), clock.at(NOW), speaking_for(operator.pk):  # noqa: PT012
            mailbox.fetch(operator.pk)
            raise RuntimeError
        assert len(box.mails) == 1
        with clock.at(NOW), speaking_for(operator.pk):
            assert mailbox.fetch(operator.pk) == 1


def test_bounces_become_cases_without_an_answer(operator: Organisation) -> None:
    raw = b"From: MAILER-DAEMON@example.org\nAuto-Submitted: auto-replied\nSubject: Undelivered\n\nIt came back."
    with clock.at(NOW), speaking_for(operator.pk):
        case = mailbox.arrive(operator.pk, read(raw), NOW.date())
        assert case.state == State.RECEIVED
        assert not Letter.objects.filter(case=case).exists()


def test_a_reply_joins_its_case_and_nobody_elses(operator: Organisation) -> None:
    with clock.at(NOW), speaking_for(operator.pk):
        first = mailbox.arrive(
            operator.pk, read(MAIL.format(sender="x@example.org", subject="hi", number="3").encode()), NOW.date()
        )
        subject = f"Re: {first.reference}"
        reply = read(MAIL.format(sender="x@example.org", subject=subject, number="4").encode())
        assert mailbox.arrive(operator.pk, reply, NOW.date()).pk == first.pk
        assert mailbox._is_known(mailbox.message_hash(reply.number))
        other = read(MAIL.format(sender="y@example.org", subject=subject, number="5").encode())
        assert mailbox.arrive(operator.pk, other, NOW.date()).pk != first.pk


def _code(case: Any, outbox: list[Any]) -> str:
    """The code that is sent for a case once its transaction stands."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        identity.send_code(case)
    return next(word for word in outbox[-1].body.replace(".", " ").split() if word.isdecimal() and len(word) == 8)


def test_five_wrong_codes_and_the_right_one_is_worth_nothing(office: Office, outbox: list[Any]) -> None:
    case = office.ask(identity=identity.Identity.NONE, channel=Channel.EMAIL, email=office.driver.email)
    code = _code(case, outbox)
    assert outbox[-1].to == [office.driver.email]
    for _try in range(identity.MOST_TRIES):
        assert not identity.enter_code(case, "00000000" if code != "00000000" else "1")
    assert not identity.enter_code(case, code)
    code = _code(case, outbox)
    assert identity.enter_code(case, f"{code[:4]} {code[4:]}")
    assert (case.identity, case.state) == ("code", State.WORKING)
    assert code not in "".join(Letter.objects.filter(case=case).values_list("body", flat=True))
    assert code not in str(list(Event.objects.filter(case=case).values_list("facts", flat=True)))


def test_no_mail_goes_for_what_was_thrown_away_again(
    organisation: Organisation, account_of: Callable[..., Account], outbox: list[Any]
) -> None:
    driver = account_of("driver")
    asked = receiving.Asked(channel=Channel.EMAIL, right="access", email=driver.email, account=driver.pk)
    with speaking_for(organisation.pk):
        case = receiving.receive(organisation.pk, asked)
    with speaking_for(organisation.pk):
        identity.send_code(case)
        transaction.set_rollback(True)
    assert outbox == []
    with speaking_for(organisation.pk):
        identity.send_code(case)
        assert outbox == [], "the database may still refuse"
    assert len(outbox) == 1
    with speaking_for(organisation.pk):
        said = list(Event.objects.filter(case=case, facts__kind="code").values_list("what", flat=True))
    assert said == [Happened.CODE_SENT]


def test_links_of_mails_cannot_be_made_up_or_used_for_something_else(office: Office, stranger: Client) -> None:
    case = office.ask()
    follow = sending.token(case, sending.FOLLOW)
    assert sending.read_token(follow, sending.CONFIRM) is None
    assert sending.read_token(follow[:-2] + "AA", sending.FOLLOW) is None
    with clock.at(clock.now()):
        assert sending.read_token(follow, sending.FOLLOW) == (office.organisation.pk, case.pk)
