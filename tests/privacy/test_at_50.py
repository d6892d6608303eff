"""AT-50: a token was stolen for two hours: whose data and which kinds is answered in one command; 72 hours run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from allconnects import cli
from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.breaches import reach, rules, service
from allconnects.privacy.breaches.models import Breach
from allconnects.privacy.vault import device, open_vault, person

MOMENTS = st.integers(1_767_225_600, 1_893_456_000).map(lambda s: datetime.fromtimestamp(s, UTC))
PAGE = "/organisation/breaches/"


@pytest.fixture(autouse=True, scope="module")
def whole_log(database: None) -> Any:
    """What this process has counted is written before the database of the run ends."""
    yield
    open_vault().close()


@given(MOMENTS, st.integers(0, 100 * 3600))
def test_the_clock_runs_in_hours_over_weekends_and_nights_of_the_clock_change(noticed: datetime, after_s: int) -> None:
    now = noticed + timedelta(seconds=after_s)
    assert rules.deadline(noticed) - noticed == timedelta(hours=72)
    assert (rules.state(now, noticed, "likely", None, None) == "late") == (after_s > 72 * 3600)
    assert rules.state(now, noticed, "none", None, None) == "not_needed"
    assert rules.state(now, noticed, "high", now, None) == "notified"


@pytest.mark.parametrize(
    ("risk", "reason", "notified_h", "told", "missing"),
    [
        ("none", "", None, False, ["reason"]),
        ("none", "r", None, False, []),
        ("likely", "r", None, False, ["notification"]),
        ("likely", "", 71, False, []),
        ("likely", "", 73, False, ["reason"]),
        ("high", "", 10, False, ["persons"]),
        ("high", "", 10, True, []),
    ],
)
def test_nothing_is_closed_half_done(
    risk: str, reason: str, notified_h: int | None, told: bool, missing: list[str]
) -> None:
    noticed = datetime(2026, 10, 23, 18, tzinfo=UTC)
    at = None if notified_h is None else noticed + timedelta(hours=notified_h)
    assert rules.missing(noticed, risk, reason, at, noticed if told else None) == missing


@pytest.fixture
def stolen(organisation: Organisation) -> tuple[str, datetime, list[str]]:
    """A token that read three people and a device in an hour, and a fourth person a day before."""
    vault, who = open_vault(), f"token:{uuid4().int % 10**9}"
    people = [str(uuid4()) for _ in range(4)]
    noon = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    for one in people:
        vault.key_for_sealing(organisation.pk, person(one), "raw_position", who="process:drill")
    vault.key_for_sealing(organisation.pk, device(7), "trip", who="process:drill")
    with clock.at(noon - timedelta(days=1)):
        vault.key(organisation.pk, person(people[3]), "raw_position", purpose="fleet.dispatch", who=who)
    for minutes, one in enumerate(people[:3]):
        with clock.at(noon + timedelta(minutes=20 * minutes)):
            vault.key(organisation.pk, person(one), "raw_position", purpose="fleet.dispatch", who=who)
    with clock.at(noon + timedelta(minutes=70)):
        vault.key(organisation.pk, device(7), "trip", purpose="fleet.report", who=who)
    return who, noon, people


def test_one_command_says_whose_keys_were_unwrapped(
    stolen: tuple[str, datetime, list[str]], organisation: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    who, noon, people = stolen
    period = ["--from", noon.isoformat(), "--to", (noon + timedelta(hours=2)).replace(tzinfo=None).isoformat()]
    arguments = cli._parser().parse_args(["privacy", "unwrapped", "--account", who, *period, "--json"])
    assert arguments.run(arguments) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["subject"] for row in rows if row["kind"] == "person"} == set(people[:3])
    assert {(row["kind"], row["class"], tuple(row["purposes"])) for row in rows} == {
        ("person", "raw_position", ("fleet.dispatch",)), ("device", "trip", ("fleet.report",)),
    }  # fmt: skip
    assert {row["organisation"] for row in rows} == {organisation.pk}
    arguments = cli._parser().parse_args(["privacy", "unwrapped", "--account", who, *period])
    arguments.run(arguments)
    assert capsys.readouterr().out.splitlines()[-1] == "4 subjects; categories: user.location.precise"


def test_sealing_is_not_reading_and_others_are_left_out(stolen: tuple[str, datetime, list[str]]) -> None:
    who, noon, _ = stolen
    assert reach.reached("process:drill", clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)) == []
    assert reach.reached("token:0", noon, noon + timedelta(hours=2)) == []
    assert reach.subjects(reach.reached(who, noon - timedelta(days=2), noon + timedelta(hours=2))) == 5
    assert reach.normal(" 7 ") == "account:7"
    for wrong in ("", "Ann Example", "account:"):
        with pytest.raises(InvalidInput):
            reach.normal(wrong)


def fill(noon: datetime, **more: str) -> dict[str, Any]:
    local = lambda moment: moment.astimezone(service_zone()).strftime("%Y-%m-%dT%H:%M")  # noqa: E731
    return {
        "act": "save", "title": "Token of the export stolen", "noticed_at": local(noon + timedelta(hours=2)),
        "began_at": local(noon), "ended_at": local(noon + timedelta(hours=2)), "risk": "likely",
        "what": "A token was in a repository.", **more,
    }  # fmt: skip


def service_zone() -> Any:
    from django.utils import timezone

    return timezone.get_current_timezone()


def test_the_page_takes_over_from_the_vault_and_drafts_the_notification(
    stolen: tuple[str, datetime, list[str]], organisation: Organisation, client_of: Callable[..., Client]
) -> None:
    who, noon, _ = stolen
    owner = client_of("owner")
    made = owner.post(f"{PAGE}add/", fill(noon, source=who))
    assert made.status_code == 302
    one = made.headers["Location"]
    assert owner.post(one, {"act": "reach"}).status_code == 302
    with speaking_for(organisation.pk):
        row = Breach.objects.get(organisation=organisation)
        assert (row.persons, row.categories, row.state) == (4, ["user.location.precise"], "soon")
        for language in ("nl", "fr", "en", "de"):
            assert "A token was in a repository." in service.draft(row, language)
    page = owner.get(f"{one}?language=en").content.decode()
    assert "Nature of the breach" in page
    assert owner.post(one, {"act": "close"}).status_code == 302
    assert "Still missing" in owner.get(one).content.decode()
    told = (noon + timedelta(hours=30)).astimezone(service_zone()).strftime("%Y-%m-%dT%H:%M")
    owner.post(one, fill(noon, source=who, notified_at=told, persons="4"))
    owner.post(one, {"act": "close"})
    with speaking_for(organisation.pk):
        assert Breach.objects.get(pk=row.pk).state == "closed"
    owner.post(one, fill(noon, title="changed"))
    with speaking_for(organisation.pk):
        assert Breach.objects.get(pk=row.pk).title != "changed"


def test_a_breach_in_the_future_or_backwards_is_refused(client_of: Callable[..., Client]) -> None:
    owner, now = client_of("owner"), clock.now()
    later = (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert owner.post(f"{PAGE}add/", fill(now - timedelta(hours=3), noticed_at=later)).status_code == 200
    back = fill(now - timedelta(hours=9), ended_at=(now - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M"))
    assert owner.post(f"{PAGE}add/", back).status_code == 200
    assert owner.post(f"{PAGE}add/", {"title": ""}).status_code == 200
    assert "None so far" in owner.get(PAGE).content.decode()
