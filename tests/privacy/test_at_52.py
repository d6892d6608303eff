"""AT-52: a firm of ten gets no heat map of its people, no ranking, and no look into one person's past by a button."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

import allconnects
from allconnects.accounts.actor import Actor, acting
from allconnects.accounts.models import Account, Organisation
from allconnects.fleet.models import LocationRule
from allconnects.fleet.private import settings
from allconnects.kit import clock, config
from allconnects.kit.clock import BRUSSELS
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from allconnects.privacy.access import service as access
from allconnects.privacy.audit import service as audit
from allconnects.privacy.investigations import rules, service
from allconnects.privacy.investigations.models import Investigation
from allconnects.privacy.registry import gates
from allconnects.privacy.requests.models import Officer
from allconnects.privacy.statistics import release
from allconnects.reports.catalogue import report_of, reports
from allconnects.reports.running import Reader, ask_of, log_run
from tests.privacy.driving import Driving, all_week
from tests.privacy.investigating import REASON, asked, granted
from tests.privacy.registers import SAFETY, on
from tests.reports.firm import Firm

ROOT = Path(allconnects.__file__).parent


def test_at_52_a_heat_map_of_ten_people_shows_nothing() -> None:
    """Ten people, each in places of his own and once at the depot: only the depot has ten behind it, and it goes with
    nothing hidden alone."""
    rows = [(f"{person}-{place}", str(person)) for person in range(10) for place in range(5)]
    assert release(rows).cells == {}
    nine = [("depot", str(person)) for person in range(9)]
    assert release([*rows, *nine]).cells == {}


def test_at_52_ranking_of_behaviour_is_off_by_default(
    organisation: Organisation, client_of: Callable[..., Client]
) -> None:
    with on(organisation) as pk:
        assert SAFETY not in gates.purposes_on(pk)
    page = client_of("owner").get("/reports/run/speed/").content.decode()
    assert 'value="road_safety"' not in page


def test_at_52_no_report_sorts_people_by_how_they_drive() -> None:
    """A score or rank of people would be a column of a report; none has one, and none is grouped to make one."""
    words = re.compile(r"\b(score|rank|ranking|top_drivers|heat_?map)\b", re.IGNORECASE)
    for report in reports().values():
        assert not [column.key for column in report.columns if words.search(column.key)], report.key
        assert not words.search(report.key)


def test_at_52_nobody_declares_an_incident_alone(client_of: Callable[..., Client]) -> None:
    """Neither a planner nor a manager gets a report about people for it, and none is offered one."""
    asked = {"purpose": "security_incident", "period": "last_week"}
    assert client_of("planner").get("/reports/run/speed/", asked).status_code == 403
    for role in ("manager", "owner"):
        client = client_of(role)
        page = client.get("/reports/run/speed/", asked)
        assert (page.status_code, b"somebody else granted" in page.content) == (422, True)
        assert 'value="security_incident"' not in client.get("/reports/run/trips/").content.decode()
        assert client.get("/reports/run/materials/", asked).status_code == 200, "things are nobody"


class Case:
    """A firm of two people with a van each, of whom others see days and cells; a manager and an owner."""

    def __init__(self, driven: Driving, account_of: Callable[..., Account]) -> None:
        self.driven, self.pk = driven, driven.organisation.pk
        self.firm = Firm(driven.yard.owner, self.pk)
        self.asker, self.decider = account_of("manager"), account_of("owner")
        self.day = clock.today() - timedelta(days=12)
        self.other = self.firm.person("Bob", "Brook")
        _van, device = self.firm.vehicle("Van 2")
        morning = datetime.combine(self.day, time(9), BRUSSELS)
        for carrier, person in ((driven.device.id, driven.person.pk), (device, self.other)):
            for begin in (morning, morning + timedelta(days=1)):
                self.firm.trip(carrier, begin, begin + timedelta(hours=1), person=person, purpose="business")
        with driven.speaking():
            LocationRule.objects.filter(pk=self.pk).update(days=5, precision="km", coarsest="municipality")
            settings.refresh(self.pk)

    def asked(self, **given: Any) -> Investigation:
        about = {"person": self.driven.person.pk, "first_day": self.day, "last_day": self.day}
        return asked(self.pk, self.asker, **about | given)

    def granted(self, **given: Any) -> Investigation:
        about = {"person": self.driven.person.pk, "first_day": self.day, "last_day": self.day}
        return granted(self.pk, self.asker, self.decider, **about | given)

    def decide(self, case: Investigation, by: Account, *, grant: bool = True) -> Investigation:
        with self.driven.speaking(), acting(Actor(f"account:{by.pk}", "owner")):
            return service.decide(case.pk, by, grant=grant, because="needed")

    def read(self, case: Investigation, by: Account, key: str = "trips", **given: Any) -> list[Any]:
        """Rows of a report under a case, as pages make it: from, to and driver."""
        days = {"first": case.first_day, "last": case.last_day, "purpose": "security_incident", "case": case.pk}
        with self.driven.speaking(), acting(Actor(f"account:{by.pk}", "manager")):
            report, reader = report_of(key), Reader(self.pk, "manager", by)
            ask = ask_of(report, reader, days | given)
            rows = list(report.rows(ask))
            log_run(reader, report, ask, "page", len(rows))
        return [(row[1], row[6], row[7]) for row in rows]


@pytest.fixture
def case(drive: Callable[..., Driving], account_of: Callable[..., Account]) -> Case:
    made = drive(clock.now() - timedelta(days=20))
    with made.speaking():
        all_week(made)
    return Case(made, account_of)


def test_at_52_one_asks_and_another_grants(case: Case, account_of: Callable[..., Account]) -> None:
    """Never who asked, nor whom it is about, nor who may not answer requests; once; and nothing is read before."""
    made = case.asked()
    with case.driven.speaking():
        Officer.objects.create(organisation_id=case.pk, account=case.asker)
        Officer.objects.create(organisation_id=case.pk, account=case.driven.account)
    for who in (case.asker, case.driven.account, account_of("manager")):
        with pytest.raises(Forbidden):
            case.decide(made, who)
    with pytest.raises(InvalidInput, match="not open"):
        case.read(made, case.asker)
    case.decide(made, case.decider)
    with pytest.raises(InvalidInput, match="already"):
        case.decide(made, account_of("owner"), grant=False)
    assert len(case.read(made, case.asker)) == 1
    for who in (case.decider, account_of("manager")):
        with pytest.raises(NotFound):
            case.read(made, who)


@pytest.mark.parametrize(
    "lacks",
    [{"ground": "curiosity"}, {"what": []}, {"what": ["everything"]}, {"reason": "because"}, {"person": None},
     {"person": UUID(int=0)}, {"vehicle": 1}, {"delay_days": 1},
     {"last_day": date(2099, 1, 1)}, {"first_day": date(2020, 1, 1)}],
    ids=str,
)  # fmt: skip
def test_at_52_what_is_not_asked_properly_is_not_asked(case: Case, lacks: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        case.asked(**lacks)


def test_at_52_a_case_opens_what_it_says_and_nothing_else(case: Case) -> None:
    """Of that person, on those days, in those reports: what he closed to others is open there, and only there."""
    everyday = {"purpose": "dispatch", "first": case.day, "last": case.day + timedelta(days=1)}
    with case.driven.speaking(), acting(Actor(f"account:{case.asker.pk}", "manager")):
        ask = ask_of(report_of("trips"), Reader(case.pk, "manager", case.asker), everyday)
        shown = [(row[1], row[6]) for row in report_of("trips").rows(replace(ask, hours=None))]
    assert sorted(shown) == [("Ann Example", None)] * 2 + [("Bob Brook", None)] * 2
    made = case.granted()
    assert case.read(made, case.asker) == [("Ann Example", "Depot", "Site")]
    chosen = case.read(made, case.asker, people=[str(case.other)])
    assert chosen == [("Ann Example", "Depot", "Site")], "whom it is about is not chosen anew"
    late = case.day + timedelta(days=1)
    for key, given in (("stops", {}), ("trips", {"last": late}), ("trips", {"first": late, "last": late})):
        with pytest.raises(InvalidInput, match="other data or other days"):
            case.read(made, case.asker, key, **given)
    for key, purpose in (("trips", "dispatch"), ("materials", "security_incident")):
        with pytest.raises(InvalidInput, match="not made under"):
            case.read(made, case.asker, key, purpose=purpose)


def test_at_52_a_case_about_a_vehicle_opens_those_who_had_it(case: Case) -> None:
    made = case.granted(person=None, vehicle=case.driven.vehicle.pk)
    assert case.read(made, case.asker) == [("Ann Example", "Depot", "Site")]
    with case.driven.speaking():
        assert service.of_person(case.driven.person.pk) == [made]
        assert service.of_person(case.other) == []


def test_at_52_private_trips_stay_closed_in_a_case(case: Case) -> None:
    case.firm.owner.execute("UPDATE trips_trip SET purpose = 'private' WHERE person = %s", (case.driven.person.pk,))
    assert case.read(case.granted(), case.asker) == [("Ann Example", None, None)]


def test_at_52_a_case_is_over_after_its_days_or_when_somebody_ends_it(case: Case) -> None:
    made, ended = case.granted(), case.granted()
    with case.driven.speaking(), acting(Actor(f"account:{case.decider.pk}", "owner")):
        service.end(ended.pk, case.decider)
    later = clock.now() + timedelta(days=rules.number("valid_days", clock.today()))
    for one, moment in ((ended, clock.now()), (made, later)):
        with clock.at(moment), pytest.raises(InvalidInput, match="not open"):
            case.read(one, case.asker)
    waits = case.asked()
    too_late = clock.now() + timedelta(days=rules.number("wait_days", clock.today()), minutes=1)
    with clock.at(too_late), pytest.raises(InvalidInput, match="too long ago"):
        case.decide(waits, case.decider)


def test_at_52_each_reading_stands_under_the_case_for_the_person_and_in_the_chain(
    case: Case, client_of: Callable[..., Client]
) -> None:
    made = case.granted()
    case.read(made, case.asker)
    with case.driven.speaking(), connection.cursor() as cursor:
        (line,) = access.grouped(cursor, case.pk, str(case.driven.person.pk))
        assert (line.matter, line.actor, line.purpose) == (made.pk, f"account:{case.asker.pk}", "security_incident")
        assert [size for _at, size in access.under(cursor, case.pk, made.pk)] == [1]
        entries = audit.entries_about(cursor, case.pk, f"investigation:{made.pk}")
    assert [one.action.removeprefix("investigation.") for one in entries] == ["read", "granted", "asked"]
    client = Client(SERVER_NAME="localhost")
    client.force_login(case.driven.account)
    assert b"in an investigation" in client.get("/privacy/looked/").content
    assert b"Investigations about you" in client.get(reverse("requests:mine")).content


def test_at_52_who_looks_into_many_is_told_of_as_ever(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    real = access.threshold
    monkeypatch.setattr(access, "threshold", lambda name, day: 2 if name == "bulk_persons" else real(name, day))
    for person in (case.driven.person.pk, case.other):
        case.read(case.granted(person=person), case.asker)
    with case.driven.speaking(), connection.cursor() as cursor:
        assert access.tell_bulk(cursor, case.pk) == [(f"account:{case.asker.pk}", 2)]


def test_at_52_the_person_is_told_later_only_where_the_server_and_the_ground_allow_it(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default nowhere; where a server allows it, for a theft only, and then neither case nor reading shows."""
    set_to = replace(config.current(), investigation_delay_days=3)
    monkeypatch.setattr(config, "current", lambda: set_to)
    with pytest.raises(InvalidInput):
        case.asked(ground="damage", delay_days=3)
    with pytest.raises(InvalidInput):
        case.asked(delay_days=4)
    made = case.granted(delay_days=3)
    case.read(made, case.asker)
    for days, seen in ((0, 0), (2, 0), (3, 1)):
        with clock.at(clock.now() + timedelta(days=days)), case.driven.speaking(), connection.cursor() as cursor:
            assert len(service.of_person(case.driven.person.pk)) == seen
            assert len(access.grouped(cursor, case.pk, str(case.driven.person.pk))) == seen


def test_at_52_asking_deciding_and_reading_by_pages(case: Case) -> None:
    def client(account: Account) -> Client:
        made = Client(SERVER_NAME="localhost")
        made.force_login(account)
        return made

    asker, decider = client(case.asker), client(case.decider)
    assert b"Nothing was looked into" in asker.get("/privacy/investigations/").content
    given = {
        "ground": "theft", "person": str(case.driven.person.pk), "what": ["trips"], "reason": REASON,
        "first_day": case.day.isoformat(), "last_day": case.day.isoformat(),
    }  # fmt: skip
    assert asker.post("/privacy/investigations/new/", given | {"ground": "curiosity"}).status_code == 422
    page = asker.post("/privacy/investigations/new/", given)
    assert page.status_code == 302
    where = page["Location"]
    assert b'value="grant"' not in asker.get(where).content
    assert b'value="grant"' in decider.get(where).content
    decider.post(f"{where}act/", {"action": "grant", "because": "for the insurer"})
    assert client(case.driven.account).get(where).status_code == 403
    page = asker.get(where).content.decode()
    (link,) = re.findall(r'href="(/reports/run/trips/[^"]+)"', page)
    report = asker.get(link.replace("&amp;", "&"))
    assert (report.status_code, b"Depot" in report.content, b"Under an investigation" in report.content) == (
        200, True, True,
    )  # fmt: skip
    assert b"<li" in asker.get(where).content
    file = asker.get(link.replace("&amp;", "&").replace("/trips/", "/trips/file.csv"))
    assert file["Content-Disposition"].startswith("attachment")
    asker.post(f"{where}act/", {"action": "end"})
    assert asker.get(link.replace("&amp;", "&")).status_code == 422
