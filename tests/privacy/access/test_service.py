"""AT-42, first half: every reading of a person's positions is written down, and only he and his organisation see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

from allconnects.accounts.actor import Actor, acting, current
from allconnects.accounts.tenancy import speak_for
from allconnects.kit import clock, db
from allconnects.privacy.access import service
from tests.telemetry.store.hot import HOUR, NOON, Yard, at
from tests.telemetry.store.sealed import drives

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation

DAY = date(2026, 11, 2)
MANAGER = Actor("account:7", "manager")


@pytest.fixture
def yard(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Any:
    made = Yard(owner_connection, organisation.pk, db.conninfo("ingest"))
    yield made
    made.close()


def noted(organisation: int, person: str) -> list[service.Reading]:
    with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor:
        speak_for(connection, organisation)
        return service.readings(cursor, organisation, person)


def note(organisation: int, persons: list[str] | None, actor: Actor = MANAGER, **changes: Any) -> None:
    said = {"purpose": "fleet.dispatch", "scope": "track", "first": DAY, "last": DAY, "size": 10, **changes}
    with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor, acting(actor):
        speak_for(connection, organisation)
        service.note(cursor, organisation, persons, **said)


def test_a_reading_is_shown_to_whom_it_is_about(organisation: Organisation, other_organisation: Organisation) -> None:
    one, other = str(uuid4()), str(uuid4())
    note(organisation.pk, [one])
    note(organisation.pk, None, scope="live", size=30)
    seen = noted(organisation.pk, one)
    assert [(r.actor, r.role, r.scope, r.size, r.everybody) for r in seen] == [
        ("account:7", "manager", "live", 30, True), ("account:7", "manager", "track", 10, False),
    ]  # fmt: skip
    assert [r.everybody for r in noted(organisation.pk, other)] == [True]
    assert noted(other_organisation.pk, one) == []


def test_what_a_process_reads_by_itself_is_not_noted(organisation: Organisation) -> None:
    person = str(uuid4())
    note(organisation.pk, [person], Actor("process:worker"))
    assert noted(organisation.pk, person) == []
    assert current().is_process


def test_nobody_takes_a_reading_back(organisation: Organisation) -> None:
    note(organisation.pk, [str(uuid4())])
    for statement in ("DELETE FROM privacy_access", "UPDATE privacy_access SET size = 0"):
        with psycopg.connect(db.conninfo("web")) as connection:
            speak_for(connection, organisation.pk)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_track_read_through_a_page_is_noted(
    yard: Yard, organisation: Organisation, client_of: Callable[..., Any]
) -> None:
    device = yard.device()
    driver = drives(yard, device.id, NOON - HOUR, NOON + HOUR)
    yard.send(device, *(at(NOON + i * 1000) for i in range(5)))
    day = datetime.fromtimestamp(NOON / 1000, UTC).date()
    response = client_of("viewer").get(f"/api/v1/devices/{device.id}/track?date={day}")
    assert len(response.json()["points"]) == 5
    (reading,) = noted(organisation.pk, str(driver))
    assert (reading.role, reading.scope, reading.first_day, reading.size) == ("viewer", "track", day, 5)
    assert reading.actor.startswith("account:")


def tell(organisation: int) -> list[tuple[str, int]]:
    with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor:
        speak_for(connection, organisation)
        return service.tell_bulk(cursor, organisation)


def test_who_reads_about_many_is_told(organisation: Organisation, owner_connection: psycopg.Connection[Any]) -> None:
    many = service.threshold("bulk_persons", clock.now().date())
    note(organisation.pk, [str(uuid4()) for _ in range(many - 1)], Actor("account:99", "viewer"))
    assert tell(organisation.pk) == []
    note(organisation.pk, [str(uuid4())], Actor("account:99", "viewer"))
    assert tell(organisation.pk) == [("account:99", many)]
    assert tell(organisation.pk) == [], "once an hour"
    row = owner_connection.execute(
        "SELECT about, details FROM privacy_audit WHERE organisation_id = %s AND action = 'access.bulk'",
        (organisation.pk,),
    ).fetchone()
    assert row == ("account:99", {"persons": many})


def test_leaves_are_made_and_go_with_their_time(owner_connection: psycopg.Connection[Any]) -> None:
    # What other tests read with their clock ahead keeps the next month's leaf from being made, as it should.
    owner_connection.execute("DELETE FROM privacy_access_rest WHERE at > now()")
    with db.connect("worker", autocommit=True) as worker:
        service.keep(worker)
        service.keep(worker)
        rows = owner_connection.execute("SELECT relname FROM pg_class WHERE relname ~ '^privacy_access_[0-9]{6}$'")
        assert rows.fetchall(), "at least the next month's, which no reading went past"
        with pytest.raises(psycopg.errors.RaiseException):
            worker.execute("SELECT privacy_drop_access(%s)", (date.today() - timedelta(days=30),))  # noqa: DTZ011
