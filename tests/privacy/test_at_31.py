"""AT-31: an authority asks for one driver's week. Nothing leaves without ground, instrument and two approvals; what
leaves is what was asked for, with its hash; the person is told unless that was forbidden."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.audit import service as audit
from allconnects.privacy.disclosures import service
from allconnects.privacy.disclosures.models import Disclosure, State
from allconnects.privacy.disclosures.service import Demand
from tests.privacy.requests.office import Office
from tests.reports.firm import Firm

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
WEEK = (date(2026, 11, 16), date(2026, 11, 22))


@pytest.fixture
def person(office: Office, owner_connection: psycopg.Connection[Any]) -> UUID:
    return UUID(str(Firm(owner_connection, office.organisation.pk).person("Ann", "Example")))


def demand(about: UUID, /, **given: Any) -> Demand:
    asked = Demand(
        "Public prosecutor of Antwerp", "judicial", "AN/26/0001", date(2026, 11, 20),
        "Called back on the number of the court's own page.", "The order names this week and these times only.",
        about, ["days"], *WEEK,
    )  # fmt: skip
    return replace(asked, **given)


@pytest.mark.parametrize(
    "lacks",
    [
        {"ground": ""},
        {"ground": "friendly"},
        {"instrument": ""},
        {"instrument_on": None},
        {"instrument_on": date(2027, 1, 1)},
        {"checked": ""},
        {"necessity": ""},
        {"what": []},
        {"what": ["everything"]},
        {"last_day": date(2027, 3, 1)},
        {"last_day": date(2026, 11, 1)},
        {"bar": "The judge"},
        {"person": UUID(int=0)},
    ],
    ids=str,
)
def test_a_plain_letter_is_refused(office: Office, person: UUID, lacks: dict[str, Any]) -> None:
    with clock.at(NOW), pytest.raises(InvalidInput):
        service.propose(office.organisation.pk, demand(person, **lacks), office.owner)
    assert not Disclosure.objects.exists()


def test_nothing_leaves_before_two_others_approved(
    office: Office, person: UUID, account_of: Callable[..., Account]
) -> None:
    third, manager = account_of("owner"), account_of("manager")
    with clock.at(NOW):
        made = service.propose(office.organisation.pk, demand(person), office.owner)
        for who in (office.owner, manager):
            with pytest.raises(InvalidInput):
                service.approve(made, who)
        service.approve(made, office.second)
        with pytest.raises(InvalidInput):
            service.approve(made, office.second)
        with pytest.raises(InvalidInput):
            service.give(made, office.second)
        service.approve(made, third)
        service.give(made, third)
        with pytest.raises(InvalidInput):
            service.give(made, third)


def test_what_leaves_is_what_was_asked_and_its_hash_stays(
    office: Office, person: UUID, account_of: Callable[..., Account], owner_connection: psycopg.Connection[Any]
) -> None:
    firm = Firm(owner_connection, office.organisation.pk)
    _vehicle, device = firm.vehicle("Van")
    inside, outside = (datetime(2026, 11, 18, 8, tzinfo=UTC), datetime(2026, 11, 25, 8, tzinfo=UTC))
    for at, private in ((inside, ""), (inside + timedelta(hours=3), "private"), (outside, "")):
        owner_connection.execute("SELECT trips_make_partition(%s::date)", (at.date(),))
        owner_connection.execute(
            "INSERT INTO trips_trip VALUES (%s, nextval('trips_number'), %s, %s, NULL, NULL, %s, %s, 511234567, "
            "44234567, 0, 0, '', '', 12300, 'odometer', 12300, NULL, 0, 0, NULL, 'gps', false, false, false, %s, "
            "true, true, false, '{}', 'x', '{}', now())",
            (office.organisation.pk, device, person, at, at + timedelta(hours=1), private),
        )
    with clock.at(NOW):
        made = service.propose(office.organisation.pk, demand(person), office.owner)
        for who in (office.second, account_of("owner")):
            service.approve(made, who)
        file = service.give(made, office.second)
    made.refresh_from_db()
    assert json.loads(file)["data"] == {"days": [{"day": "2026-11-18", "km": "12.3"}]}
    assert b"51.12" not in file
    assert b"Ann" not in file
    assert (made.state, made.sha256, made.rows) == (State.GIVEN, hashlib.sha256(file).hexdigest(), 1)
    with connection.cursor() as cursor:
        entries = audit.entries_about(cursor, office.organisation.pk, f"disclosure:{made.pk}")
    assert entries[0].action == "disclosure.given"
    assert entries[0].details["sha256"] == made.sha256
    assert entries[0].details["first"] == "2026-11-16"


def test_the_person_is_told_unless_it_was_forbidden(
    office: Office, person: UUID, account_of: Callable[..., Account]
) -> None:
    with clock.at(NOW):
        bar = {"bar": "The investigating judge, in the order", "bar_until": date(2026, 12, 31)}
        for given in ({}, bar):
            made = service.propose(office.organisation.pk, demand(person, **given), office.owner)
            for who in (office.second, account_of("owner")):
                service.approve(made, who)
            service.give(made, office.second)
        (told,) = service.of_person(person)
        assert told.bar == ""
        assert told.told_at == NOW
    with clock.at(datetime(2027, 1, 2, tzinfo=UTC)):
        assert len(service.of_person(person)) == 2
