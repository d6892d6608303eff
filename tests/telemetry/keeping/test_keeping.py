"""How long history is kept: decided by an owner, bounded by the database, carried out day by day with proof."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from django.test import Client

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speak_for, speaking_for
from allconnects.kit import clock, db
from allconnects.kit.clock import BRUSSELS
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.vault import Vault
from allconnects.privacy.vault.service import from_settings
from allconnects.telemetry.keeping import services
from allconnects.telemetry.store.retention import drop_segments, drop_shorter, longest
from allconnects.telemetry.store.sealing import seal_day
from tests.telemetry.store.hot import Yard, at
from tests.telemetry.store.sealed import forget_hot, read

Connection = psycopg.Connection[Any]
PAGE = "/organisation/history/"
LAW = {"obligation": "keep tachograph data", "citation": "Example Act art. 1", "decided_by": "D. Example, manager"}
KEEP = 60
_hours = itertools.count()


@pytest.fixture
def vault(database: None) -> Iterator[Vault]:
    """A vault of this process."""
    with from_settings() as made:
        yield made


@pytest.fixture
def worker(database: None) -> Iterator[Connection]:
    """Speaks as the worker does."""
    with db.connect("worker", autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def undecided(owner_connection: Connection) -> Iterator[None]:
    """What one test decides counts in no other."""
    yield
    owner_connection.execute("DELETE FROM telemetry_keeping")
    owner_connection.execute("DELETE FROM telemetry_keeping_progress")


def decide(organisation: Organisation | int, days: int, **law: str) -> None:
    pk = organisation if isinstance(organisation, int) else organisation.pk
    with speaking_for(pk):
        services.decide(Organisation(pk=pk), None, days, **law)


def noon(days_ago: int) -> int:
    """A noon in Brussels, ms."""
    return int(datetime.combine(today() - timedelta(days=days_ago), time(12), BRUSSELS).timestamp() * 1000)


def today() -> date:
    return clock.now().astimezone(BRUSSELS).date()


def history(yard: Yard, worker: Connection, vault: Vault, *days_ago: int) -> int:
    """A device with a sealed position on each of these days and no hot rows; its id."""
    device = yard.device()
    for ago in days_ago:
        yard.send(device, at(noon(ago)), received=noon(ago))
        seal_day(worker, vault, device.organisation, device.id, today() - timedelta(days=ago))
    forget_hot(yard, device.id)
    return device.id


def days_of(yard: Yard, device: int) -> list[int]:
    rows = yard.owner.execute("SELECT DISTINCT day FROM telemetry_segment WHERE device_id = %s ORDER BY day", (device,))
    return [(today() - day).days for (day,) in rows]


@pytest.mark.parametrize(
    "values",
    [
        (2191, "'law'", "'art. 1'", "'D. Example'"), (0, "''", "''", "''"), (61, "''", "'art. 1'", "'D. Example'"),
        (61, "'law'", "' '", "'D. Example'"), (61, "'law'", "'art. 1'", "''"),
    ],
)  # fmt: skip
def test_the_database_holds_the_bounds(
    owner_connection: Connection, organisation: Organisation, values: tuple[int, str, str, str]
) -> None:
    days, *texts = values
    statement = (
        "INSERT INTO telemetry_keeping (organisation_id, days, obligation, citation, decided_by, at) "
        f"VALUES ({organisation.pk}, {days}, {', '.join(texts)}, now())"
    )
    with pytest.raises(psycopg.errors.CheckViolation):
        owner_connection.execute(statement.encode())
    allowed = statement.replace(f" {days},", " 2190,").replace("''", "'x'").replace("' '", "'x'")
    owner_connection.execute(allowed.encode())
    with pytest.raises(psycopg.errors.CheckViolation):
        owner_connection.execute("UPDATE telemetry_keeping SET days = 2191")


def test_a_decision_is_never_changed_by_the_site(organisation: Organisation) -> None:
    decide(organisation, 30)
    with db.connect("web") as web:
        speak_for(web, organisation.pk)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("UPDATE telemetry_keeping SET days = 60")


@pytest.mark.parametrize(("days", "law"), [(0, {}), (61, {}), (2191, LAW), (61, {**LAW, "citation": "  "})])
def test_what_nobody_may_decide(organisation: Organisation, days: int, law: dict[str, str]) -> None:
    with pytest.raises(InvalidInput), speaking_for(organisation.pk):
        services.decide(organisation, None, days, **law)


def test_the_longest_time_holds_for_leaves(worker: Connection, organisation: Organisation) -> None:
    assert longest(worker, KEEP) == KEEP
    decide(organisation, 10)
    assert longest(worker, KEEP) == KEEP, "others decided nothing"
    decide(organisation, 400, **LAW)
    assert longest(worker, KEEP) == 400
    decide(organisation, 60)
    assert longest(worker, KEEP) == KEEP


def test_days_of_one_organisation_go_before_their_leaf_each_with_a_certificate(
    yard: Yard, worker: Connection, vault: Vault, other_organisation: Organisation, owner_connection: Connection
) -> None:
    other = Yard(owner_connection, other_organisation.pk, yard.conninfo)
    mine, theirs = history(yard, worker, vault, 3, 5, 7, 9), history(other, worker, vault, 5, 9)
    decide(yard.organisation, 5)
    assert drop_shorter(worker, KEEP) == 2
    assert days_of(yard, mine) == [5, 3]
    assert days_of(other, theirs) == [9, 5]
    with speaking_for(yard.organisation):
        proof = list(services.certificates(Organisation(pk=yard.organisation)))
    assert [((today() - one.first_day).days, one.count, len(one.digest)) for one in proof] == [(7, 1, 64), (9, 1, 64)]
    with speaking_for(other_organisation.pk):
        assert list(services.certificates(other_organisation)) == []
        assert list(services.Certificate.objects.all()) == []
    assert drop_shorter(worker, KEEP) == 0
    decide(yard.organisation, 4)
    assert drop_shorter(worker, KEEP) == 1
    assert days_of(yard, mine) == [3]


def test_an_organisation_that_must_keep_longer_keeps_its_own_only(
    yard: Yard, worker: Connection, vault: Vault, other_organisation: Organisation, owner_connection: Connection
) -> None:
    other = Yard(owner_connection, other_organisation.pk, yard.conninfo)
    decide(yard.organisation, 400, **LAW)
    mine, theirs = history(yard, worker, vault, 75, 300), history(other, worker, vault, 50, 75)
    drop_segments(worker, KEEP)
    assert (days_of(yard, mine), days_of(other, theirs)) == ([300, 75], [50])
    decide(yard.organisation, 60)
    drop_segments(worker, KEEP)
    assert days_of(yard, mine) == []


def test_a_leaf_that_goes_gives_each_organisation_its_certificate(
    yard: Yard, worker: Connection, vault: Vault, other_organisation: Organisation, owner_connection: Connection
) -> None:
    other = Yard(owner_connection, other_organisation.pk, yard.conninfo)
    history(yard, worker, vault, 130)
    history(yard, worker, vault, 130)
    history(other, worker, vault, 130)
    drop_segments(worker, KEEP)
    leaf = f"telemetry_segment_{today() - timedelta(days=130):%Y%m%d}"
    rows = owner_connection.execute(
        "SELECT organisation_id, count FROM telemetry_certificate WHERE leaf = %s ORDER BY id", (leaf,)
    ).fetchall()
    assert sorted(rows[:-1]) == sorted([(yard.organisation, 2), (other_organisation.pk, 1)])
    assert rows[-1] == (None, 3)


def test_what_is_over_its_time_is_not_shown_while_it_waits(yard: Yard, worker: Connection, vault: Vault) -> None:
    device = yard.device()
    yard.send(device, at(noon(1)), at(noon(3)), received=noon(0))
    assert len(read(yard, vault, device.id, noon(2))) == 2
    decide(yard.organisation, 2)
    assert read(yard, vault, device.id, noon(2)).time_ms.tolist() == [noon(1)]


def test_a_shorter_time_asks_once_more_and_says_what_goes(
    yard: Yard, worker: Connection, vault: Vault, client_of: Callable[..., Client], organisation: Organisation
) -> None:
    history(yard, worker, vault, 20, 30)
    owner = client_of("owner", Organisation(pk=yard.organisation))
    asked = owner.post(PAGE, {"days": 10})
    assert asked.status_code == 200
    assert b"2 days of devices" in asked.content
    with speaking_for(yard.organisation):
        assert services.decision() is None
    assert owner.post(PAGE, {"days": 10, "confirm": "yes"}).status_code == 302
    with speaking_for(yard.organisation):
        assert services.days_kept() == 10
    page = owner.get(PAGE).content.decode()
    assert "10 days" in page
    drop_shorter(worker, KEEP)
    assert owner.get(PAGE).content.decode().count("1 sealed day of a device") == 2


def test_longer_needs_the_law_and_shows_it(client_of: Callable[..., Client], organisation: Organisation) -> None:
    owner = client_of("owner")
    refused = owner.post(PAGE, {"days": 90})
    assert refused.status_code == 422
    assert b"only where a law obliges" in refused.content
    assert owner.post(PAGE, {"days": 90, **LAW}).status_code == 302
    assert b"Example Act art. 1" in owner.get(PAGE).content
    assert owner.post(PAGE, {"days": 2191, **LAW}).status_code == 422


def test_a_manager_sees_and_does_not_decide(client_of: Callable[..., Client]) -> None:
    manager = client_of("manager")
    assert b"Only an owner" in manager.get(PAGE).content
    assert manager.post(PAGE, {"days": 30, "confirm": "yes"}).status_code == 403


def test_the_api_tells_both(
    yard: Yard, worker: Connection, vault: Vault, token_of: Callable[..., str], stranger: Client
) -> None:
    mine = Organisation(pk=yard.organisation)
    headers = {"Authorization": f"Bearer {token_of(['retention:read'], mine)}"}
    answer = stranger.get("/api/v1/retention", headers=headers).json()
    assert (answer["days"], answer["most_days"], answer["decided_at"]) == (60, 2190, None)
    history(yard, worker, vault, 20, 30, 31)
    decide(yard.organisation, 10)
    drop_shorter(worker, KEEP)
    first = stranger.get("/api/v1/certificates?limit=2", headers=headers).json()
    rest = stranger.get(f"/api/v1/certificates?before={first['next_before']}", headers=headers).json()
    days = [one["first_day"] for one in first["items"] + rest["items"]]
    assert days == [str(today() - timedelta(days=ago)) for ago in (20, 30, 31)]
    assert rest["next_before"] is None
    assert stranger.get("/api/v1/retention", headers=headers).json()["days"] == 10
