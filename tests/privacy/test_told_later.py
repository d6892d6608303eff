"""What a person is told later, by law, is nowhere too early: not in his copy, nor in any page, list or mail of his."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from allconnects.accounts.actor import Actor, acting
from allconnects.accounts.models import Account
from allconnects.fleet.private import exceptions
from allconnects.kit import clock, config
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.access import service as access
from allconnects.privacy.disclosures import service as disclosures
from allconnects.privacy.export import package, service
from allconnects.privacy.export.gather import Scope
from allconnects.privacy.investigations import rules
from allconnects.privacy.investigations import service as investigations
from allconnects.privacy.investigations.models import Investigation
from allconnects.privacy.requests.models import Officer
from allconnects.privacy.subjects import Subject
from tests.privacy.driving import Driving
from tests.privacy.investigating import REASON, WHY_LATER, asked, granted

DELAY = 3
TABLES = {"privacy_investigation", "privacy_investigation_about"}


class Told:
    """Somebody about whom a case is asked and granted, who asks for copies meanwhile."""

    def __init__(self, driven: Driving, account_of: Callable[..., Account]) -> None:
        self.driven, self.pk, self.person = driven, driven.organisation.pk, driven.person.pk
        self.asker, self.decider = account_of("manager"), account_of("owner")
        self.day = clock.today() - timedelta(days=2)

    def _about(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"person": self.person, "first_day": self.day, "last_day": self.day, "delay_days": DELAY} | given

    def asked(self, **given: Any) -> Investigation:
        return asked(self.pk, self.asker, **self._about(given))

    def granted(self, **given: Any) -> Investigation:
        """Granted, and read once."""
        made = granted(self.pk, self.asker, self.decider, **self._about(given))
        self.read(made.pk, "security_incident", Actor(f"account:{self.asker.pk}", "manager"))
        return made

    def read(self, matter: UUID | None, purpose: str, by: Actor) -> None:
        with self.driven.speaking(), acting(by), connection.cursor() as cursor:
            access.note(cursor, self.pk, [str(self.person)], purpose=purpose, scope="trips", first=self.day,
                        last=self.day, size=7, matter=matter)  # fmt: skip

    def copy(self, scope: Scope = "access") -> dict[str, str]:
        """The files of a copy made now, as text."""
        with self.driven.speaking():
            number = service.request(Subject(self.pk, self.person), case=uuid4(), scope=scope)
            service.make(self.pk, number)
            content = service.open_once(number, service.issue(number))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}

    def tables(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.copy()["data.json"])["tables"]
        return found

    def reads(self) -> set[str | None]:
        """Under what the readings in a copy made now were done."""
        return {row["matter"] for row in self.tables().get("privacy_access", {"rows": []})["rows"]}

    def pages(self) -> str:
        """All that the person sees of himself."""
        client = Client(SERVER_NAME="localhost")
        client.force_login(self.driven.account)
        where = ("/privacy/", "/privacy/looked/", "/privacy/requests/", "/driver/", "/my/trips/", "/my/hours/")
        return "".join(client.get(path).content.decode() for path in where)


@pytest.fixture
def told(drive: Callable[..., Driving], account_of: Callable[..., Account], monkeypatch: pytest.MonkeyPatch) -> Told:
    set_to = replace(config.current(), investigation_delay_days=DELAY)
    monkeypatch.setattr(config, "current", lambda: set_to)
    return Told(drive(clock.now() - timedelta(days=4)), account_of)


def later(days: int) -> Any:
    return clock.at(clock.now() + timedelta(days=days))


def test_a_copy_leaves_a_case_out_as_long_as_its_person_is_not_told(told: Told) -> None:
    made = told.granted()
    for days in (0, DELAY - 1):
        with later(days):
            for name, text in told.copy().items():
                assert str(made.pk) not in text, name
                assert REASON not in text, name
                assert "privacy_investigation" not in name
            assert str(made.pk) not in told.reads()
    with later(DELAY):
        tables = told.tables()
        assert {*tables} >= TABLES
        assert [row["reason"] for row in tables["privacy_investigation"]["rows"]] == [REASON]
        assert str(made.pk) in told.reads()


def test_a_copy_never_says_that_it_is_everything(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sentence stands in the copy of somebody about whom nothing is left out, so it tells nothing."""
    printed: list[Any] = []
    real = package.compiled
    monkeypatch.setattr(package, "compiled", lambda *given: printed.append(given[2]) or real(*given))
    before = json.loads(told.copy()["data.json"])
    told.granted()
    meanwhile = json.loads(told.copy()["data.json"])
    assert before["note"]
    assert before["note"] == meanwhile["note"]
    assert [one["note"] for one in printed] == [before["note"]] * 2
    assert {line[0].split(":")[0] for line in printed[1]["tables"]}.isdisjoint(TABLES)
    assert not [one for one in printed if "All of it" in one["lead"]]


def test_a_case_told_at_once_is_in_the_copy_at_once(told: Told) -> None:
    made = told.granted(delay_days=0)
    assert [row["id"] for row in told.tables()["privacy_investigation"]["rows"]] == [str(made.pk)]
    assert str(made.pk) in told.reads()


def test_a_case_that_waits_or_was_refused_is_told_of_no_earlier(told: Told) -> None:
    """One that waits: as if it were granted on the last day; a refusal: so many days after it."""
    waits, refused = told.asked(), told.asked()
    with told.driven.speaking(), acting(Actor(f"account:{told.decider.pk}", "owner")):
        investigations.decide(refused.pk, told.decider, grant=False, because="no reason to")
    assert "privacy_investigation" not in told.tables()
    with later(DELAY):
        rows = told.tables()["privacy_investigation"]["rows"]
        assert [row["id"] for row in rows] == [str(refused.pk)]
    with later(DELAY + rules.number("wait_days", clock.today())):
        assert len(told.tables()["privacy_investigation"]["rows"]) == 2
        with told.driven.speaking():
            assert investigations.of_person(told.person) == [], "neither was granted"
    assert str(waits.pk) != str(refused.pk)


def test_the_case_says_why_and_which_copies_were_made_without_it(told: Told) -> None:
    for missing in ("", "because"):
        with pytest.raises(InvalidInput, match="defeat"):
            told.asked(delay_because=missing)
    made = told.granted()
    client = Client(SERVER_NAME="localhost")
    client.force_login(told.decider)
    page = client.get(f"/privacy/investigations/{made.pk}/").content.decode()
    assert WHY_LATER in page
    assert "15(4)" in page
    assert "None was made." in page
    told.copy()
    page = client.get(f"/privacy/investigations/{made.pk}/").content.decode()
    assert "None was made." not in page
    assert "hand over a new copy" in page
    with told.driven.speaking():
        assert len(investigations.left_out(made)) == 1
    with later(DELAY):
        told.copy()
        with told.driven.speaking():
            assert len(investigations.left_out(made)) == 1, "that copy has it"


def test_none_of_his_own_pages_tells_of_it_meanwhile(told: Told) -> None:
    """Nor the list of who looked at him, nor a mail."""
    mail.outbox = []
    before = told.pages()
    told.granted()
    meanwhile = told.pages()
    for word in ("in an investigation", "Investigations about you", "security_incident", "Theft, damage"):
        assert word not in before
        assert word not in meanwhile
    assert not [one for one in mail.outbox if told.driven.account.email in one.to]
    with later(DELAY):
        afterwards = told.pages()
        assert "in an investigation" in afterwards
        assert "Investigations about you" in afterwards


def test_who_answers_requests_is_not_told_early_of_a_case_about_himself(told: Told, outbox: list[Any]) -> None:
    with told.driven.speaking():
        Officer.objects.create(organisation_id=told.pk, account=told.driven.account)
    asker, concerned = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    asker.force_login(told.asker)
    concerned.force_login(told.driven.account)
    given = {
        "ground": "theft", "person": str(told.person), "what": ["trips"], "reason": REASON, "delay_days": DELAY,
        "delay_because": WHY_LATER, "first_day": told.day.isoformat(), "last_day": told.day.isoformat(),
    }  # fmt: skip
    where = asker.post("/privacy/investigations/new/", given)["Location"]
    assert {to for one in outbox for to in one.to} == {told.decider.email}
    assert where.encode() not in concerned.get("/privacy/investigations/").content
    assert concerned.get(where).status_code == 404
    assert concerned.post(f"{where}act/", {"action": "end"}).status_code == 404
    decider = Client(SERVER_NAME="localhost")
    decider.force_login(told.decider)
    assert decider.get(where).status_code == 200
    decider.post(f"{where}act/", {"action": "grant", "because": "for the insurer"})
    assert concerned.get(where).status_code == 404
    with later(DELAY):
        assert concerned.get(where).status_code == 200


def test_a_theft_that_is_not_over_is_in_no_copy(told: Told, account_of: Callable[..., Account]) -> None:
    with told.driven.speaking():
        made = exceptions.declare_theft(told.pk, told.driven.vehicle.pk, told.asker, "gone from the depot")
        exceptions.LocationException.objects.filter(pk=made.pk).update(person=told.person)
    assert "gone from the depot" not in "".join(told.copy().values())
    with told.driven.speaking():
        exceptions.confirm_theft(told.pk, made.pk, told.decider)
    assert "gone from the depot" not in "".join((*told.copy().values(), told.pages()))
    with told.driven.speaking():
        exceptions.end_theft(told.pk, made.pk, told.decider)
    assert "gone from the depot" in told.copy()["data.json"]
    assert "gone from the depot" in told.pages()


def test_what_a_judge_forbids_to_tell_is_in_no_copy_and_not_among_who_looked(
    told: Told, account_of: Callable[..., Account]
) -> None:
    third, today = account_of("owner"), clock.today()
    demand = disclosures.Demand(
        "Public prosecutor of Antwerp", "judicial", "AN/26/0001", today, "Called back on the court's own number.",
        "The order names these days and these times only.", told.person, ["days"], told.day, told.day,
        bar="The investigating judge", bar_until=today + timedelta(days=DELAY - 1),
    )  # fmt: skip
    with told.driven.speaking(), acting(Actor(f"account:{third.pk}", "owner")):
        Officer.objects.create(organisation_id=told.pk, account=told.asker)
        Officer.objects.create(organisation_id=told.pk, account=told.driven.account)
        made = disclosures.propose(told.pk, demand, told.asker)
        for who in (told.decider, third):
            disclosures.approve(made, who)
        disclosures.give(made, third)
    concerned = Client(SERVER_NAME="localhost")
    concerned.force_login(told.driven.account)
    assert "Public prosecutor" not in "".join(told.copy().values())
    assert str(made.pk) not in told.reads()
    assert b"Public prosecutor" not in concerned.get("/privacy/disclosures/").content
    assert concerned.get(f"/privacy/disclosures/{made.pk}/").status_code == 404
    with told.driven.speaking(), connection.cursor() as cursor:
        assert not [one for one in access.grouped(cursor, told.pk, str(told.person)) if one.purpose == "authority"]
    with later(DELAY):
        assert "Public prosecutor" in told.copy()["data.json"]
        assert str(made.pk) in told.reads()
        with told.driven.speaking(), connection.cursor() as cursor:
            (line,) = [one for one in access.grouped(cursor, told.pk, str(told.person)) if one.purpose == "authority"]
        assert line.first_day == told.day
        assert concerned.get(f"/privacy/disclosures/{made.pk}/").status_code == 200
    assert isinstance(line.first_day, date)
