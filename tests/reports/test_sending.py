"""Reports that are sent by themselves: once, by the clock, in the receiver's language, until he has enough."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from smtplib import SMTPServerDisconnected
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allconnects.accounts.models import Account
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, config
from allconnects.kit.clock import BRUSSELS
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.reports import mailing, sending
from allconnects.reports.models import Delivery, Run, Schedule
from allconnects.reports.running import Reader
from allconnects.reports.schedules import next_due, period_of
from tests.reports.firm import Firm, at

MONDAY = at("2026-10-12 07:00")


def rhythm(frequency: str, hour: int = 6, weekday: int = 0, month_day: int = 1) -> Any:
    return SimpleNamespace(frequency=frequency, hour=hour, weekday=weekday, month_day=month_day)


def test_hours_are_those_of_the_clock_also_when_it_changes() -> None:
    daily = rhythm("daily", 2)
    march = next_due(daily, datetime(2027, 3, 27, 12, tzinfo=UTC))
    assert march == datetime(2027, 3, 28, 1, tzinfo=UTC), "2:00 does not exist: 3:00 it is"
    assert next_due(daily, march) == datetime(2027, 3, 29, 0, tzinfo=UTC)
    october = next_due(daily, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert october == datetime(2026, 10, 25, 0, tzinfo=UTC), "2:00 comes twice: the first"
    assert next_due(daily, october) == datetime(2026, 10, 26, 1, tzinfo=UTC)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["daily", "weekly", "monthly"]), st.integers(0, 23), st.integers(0, 6), st.integers(1, 28),
    st.integers(0, 2_100_000),
)  # fmt: skip
def test_every_day_week_and_month_is_told_of_once(
    frequency: str, hour: int, weekday: int, month_day: int, minute: int
) -> None:
    one, told = rhythm(frequency, hour, weekday, month_day), []
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    for _ in range(30):
        moment = next_due(one, moment)
        told.append(period_of(one, moment))
    for before, after in pairwise(told):
        assert after[0] == before[1] + timedelta(days=1)
        assert moment.astimezone(BRUSSELS).minute == 0


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Mails that were sent."""
    set_up = replace(config.current(), email_url="smtp://localhost:2525", public_url="https://fleet.example.org")
    monkeypatch.setattr(config, "current", lambda: set_up)
    mail.outbox = []
    return mail.outbox


@contextmanager
def on(organisation: Any, moment: datetime) -> Iterator[int]:
    with clock.at(moment), speaking_for(organisation.pk):
        yield organisation.pk


@pytest.fixture
def weekly(
    firm: Firm, organisation: Any, account_of: Callable[..., Account], mails: list[Any]
) -> Callable[..., tuple[Schedule, list[Account]]]:
    """Sets up a weekly report on Mondays at 6 for two managers, one of whom reads French."""
    _vehicle, device = firm.vehicle("Van 1")
    firm.trip(device, at("2026-10-06 08:00"), at("2026-10-06 09:00"))

    def make(**more: Any) -> tuple[Schedule, list[Account]]:
        accounts = [account_of("manager"), account_of("manager")]
        firm.owner.execute("UPDATE accounts_account SET language = 'fr' WHERE id = %s", (accounts[1].pk,))
        values = {
            "title": "Trips of the week", "report": "trips", "purpose": "dispatch", "scope": {"group": "vehicle"},
            "form": "xlsx", "frequency": "weekly", "weekday": 0, "month_day": 1, "hour": 6, "attach": True,
            "link_days": 3, "receivers": [one.pk for one in accounts], **more,
        }  # fmt: skip
        with on(organisation, at("2026-10-07 12:00")) as pk:
            return sending.save_schedule(Reader(pk, "manager", accounts[0]), values), accounts

    return make


def run_due(organisation: Any, moment: datetime) -> int:
    """What the worker does: notice what is due, then each sending in a transaction of its own."""
    with on(organisation, moment) as pk:
        made = sending.send_due(pk)
        waiting = list(Delivery.objects.filter(organisation_id=pk, state="waiting").values_list("pk", flat=True))
    for one in waiting:
        with on(organisation, moment) as pk:
            mailing.deliver(pk, one)
    return made


def test_a_weekly_report_is_sent_once_to_each_in_his_language(organisation: Any, weekly: Any, mails: list[Any]) -> None:
    schedule, accounts = weekly()
    assert schedule.next_at == at("2026-10-12 06:00")
    assert run_due(organisation, at("2026-10-12 05:59")) == 0
    assert run_due(organisation, MONDAY) == 2
    assert run_due(organisation, MONDAY + timedelta(minutes=5)) == 0
    assert sorted(one.to[0] for one in mails) == sorted(one.email for one in accounts)
    with translation.override("fr"):
        words = translation.gettext("The file is attached.")
    french = next(one for one in mails if one.to == [accounts[1].email])
    assert words in french.body
    name, content, kind = french.attachments[0]
    assert (name, kind[:20]) == ("trips_2026-10-05_2026-10-11.xlsx", "application/vnd.open")
    assert content[:2] == b"PK"
    with on(organisation, MONDAY) as pk:
        assert set(Delivery.objects.filter(organisation_id=pk).values_list("state", "lines")) == {("sent", 1)}
        assert Run.objects.filter(organisation_id=pk, schedule=schedule).count() == 2


def test_after_a_standstill_only_the_latest_is_sent(organisation: Any, weekly: Any, mails: list[Any]) -> None:
    weekly()
    assert run_due(organisation, at("2026-11-04 10:00")) == 2
    with on(organisation, MONDAY) as pk:
        assert set(Delivery.objects.filter(organisation_id=pk).values_list("first", flat=True)) == {
            at("2026-10-26 12:00").date()
        }


def test_without_attachment_the_mail_has_a_link_for_its_receiver_alone_until_it_expires(
    organisation: Any, weekly: Any, mails: list[Any], client_of: Callable[..., Client]
) -> None:
    _schedule, accounts = weekly(attach=False)
    with clock.at(datetime.now(UTC)):
        with on(organisation, datetime.now(UTC)) as pk:
            (schedule,) = Schedule.objects.filter(organisation_id=pk)
            assert sending.send_now(pk, schedule.pk) == 2
        run_due(organisation, datetime.now(UTC))
        first = next(one for one in mails if one.to == [accounts[0].email])
        assert first.attachments == []
        assert "Van 1" not in first.body
        (path,) = re.findall(r"https://fleet\.example\.org(/reports/deliveries/\d+/)", first.body)
    mine, other = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    mine.force_login(accounts[0])
    other.force_login(accounts[1])
    answer = mine.get(path)
    assert answer.status_code == 200
    answer.close()
    assert other.get(path).status_code == 404
    with clock.at(datetime.now(UTC) + timedelta(days=4)):
        assert mine.get(path).status_code == 404


def test_a_receiver_stops_it_himself_without_signing_in(
    organisation: Any, weekly: Any, mails: list[Any], stranger: Client
) -> None:
    weekly()
    run_due(organisation, MONDAY)
    link = mails[0].extra_headers["List-Unsubscribe"].strip("<>").removeprefix("https://fleet.example.org")
    assert stranger.get(link).status_code == 200
    with on(organisation, MONDAY) as pk:
        assert not Delivery.objects.filter(organisation_id=pk, receiver__unsubscribed_at__isnull=False).exists()
    assert stranger.post(link).status_code == 200
    assert stranger.post(link[:-4] + "xxx/").status_code == 404
    mails.clear()
    assert run_due(organisation, MONDAY + timedelta(days=7)) == 1
    assert len(mails) == 1


def test_a_mail_server_that_is_away_is_tried_again_and_seen(
    organisation: Any, weekly: Any, mails: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly()

    def refuse(*_args: Any) -> None:
        raise SMTPServerDisconnected("gone with somebody@example.org")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.base.BaseEmailBackend.open", refuse)
        run_due(organisation, MONDAY)
        with on(organisation, MONDAY) as pk:
            rows = Delivery.objects.filter(organisation_id=pk)
            assert set(rows.values_list("state", "problem", "attempts")) == {("waiting", "mail_refused", 1)}
    run_due(organisation, MONDAY + timedelta(minutes=10))
    assert len(mails) == 2
    with on(organisation, MONDAY) as pk:
        assert set(Delivery.objects.filter(organisation_id=pk).values_list("state", flat=True)) == {"sent"}


def test_who_has_lost_the_right_gets_nothing_and_that_is_seen(
    organisation: Any, weekly: Any, mails: list[Any], firm: Firm
) -> None:
    _schedule, accounts = weekly()
    firm.owner.execute("UPDATE accounts_membership SET role = 'viewer' WHERE account_id = %s", (accounts[0].pk,))
    run_due(organisation, MONDAY)
    assert [one.to[0] for one in mails] == [accounts[1].email]
    with on(organisation, MONDAY) as pk:
        failed = Delivery.objects.get(organisation_id=pk, receiver__account=accounts[0])
    assert (failed.state, failed.problem) == ("failed", "no_right")


def test_paused_deleted_and_strange_receivers(
    organisation: Any, other_organisation: Any, weekly: Any, mails: list[Any], account_of: Callable[..., Account]
) -> None:
    outsider = account_of("manager", other_organisation)
    with pytest.raises(InvalidInput):
        weekly(receivers=[outsider.pk])
    with pytest.raises(InvalidInput):
        weekly(purpose="environment")
    schedule, _accounts = weekly()
    with on(organisation, MONDAY) as pk:
        assert sending.pause(pk, schedule.pk, True).next_at is None
    assert run_due(organisation, MONDAY) == 0
    with on(organisation, MONDAY) as pk:
        assert sending.pause(pk, schedule.pk, False).next_at == at("2026-10-19 06:00")
    with on(other_organisation, MONDAY) as pk, pytest.raises(NotFound):
        sending.delete_schedule(pk, schedule.pk)
    with on(organisation, MONDAY) as pk:
        sending.delete_schedule(pk, schedule.pk)
        assert not Schedule.objects.filter(organisation_id=pk).exists()


def test_the_pages_set_one_up_and_act_on_it(
    organisation: Any, weekly: Any, client_of: Callable[..., Client], account_of: Callable[..., Account]
) -> None:
    client, receiver = client_of("manager"), account_of("planner")
    url = "/reports/scheduled/new/?report=use&purpose=dispatch&group=vehicle&summary=1"
    assert client.get(url).status_code == 200
    values = {"title": "Use", "purpose": "dispatch", "form": "pdf", "frequency": "monthly", "weekday": 0,
              "month_day": 3, "hour": 5, "link_days": 7, "receivers": [receiver.pk]}  # fmt: skip
    assert client.post(url, {**values, "receivers": []}).status_code == 422
    assert client.post(url, values).status_code == 302
    with speaking_for(organisation.pk):
        made = Schedule.objects.get(organisation_id=organisation.pk, title="Use")
    assert made.scope["summary"] is True
    assert client.post(f"/reports/scheduled/{made.pk}/", {**values, "title": "Use 2"}).status_code == 302
    for act in ("pause", "resume", "send", "delete"):
        assert client.post(f"/reports/scheduled/{made.pk}/act/", {"act": act}).status_code == 302
    assert client.get(f"/reports/scheduled/{made.pk}/").status_code == 404


def test_what_was_perhaps_sent_is_not_sent_again_before_somebody_says_so(
    organisation: Any, weekly: Any, mails: list[Any], monkeypatch: pytest.MonkeyPatch, client_of: Callable[..., Client]
) -> None:
    """The mail goes out, and then the database does not take that it did."""
    schedule, _accounts = weekly()

    def power_cut(*_args: Any) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(mailing, "_posted", power_cut)
        run_due(organisation, MONDAY)
    assert len(mails) == 2
    with on(organisation, MONDAY) as pk:
        found = list(Delivery.objects.filter(organisation_id=pk).order_by("pk"))
        assert {one.state for one in found} == {"unsure"}
    for one in found:
        with on(organisation, MONDAY) as pk:
            mailing.deliver(pk, one.pk)  # the job is done once more
    with on(organisation, MONDAY) as pk, pytest.raises(InvalidInput):
        sending.send_again(pk, found[0].pk)
    assert len(mails) == 2
    manager = client_of("manager")
    with speaking_for(organisation.pk):
        Delivery.objects.filter(pk=found[0].pk).update(finished_at=clock.now() - timedelta(minutes=11))
    page = manager.get("/reports/scheduled/").content.decode()
    assert page.count('value="again"') == 2
    manager.post(f"/reports/scheduled/{schedule.pk}/act/", {"act": "again", "delivery": str(found[0].pk)})
    with on(organisation, MONDAY) as pk:
        mailing.deliver(pk, found[0].pk)
    assert len(mails) == 3
