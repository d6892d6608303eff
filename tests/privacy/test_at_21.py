"""AT-21: each class of data is gone when its time is over, whoever lets it go, and not long before.

Rows of every labelled table with a term are made as old as that, by the labels and the schema alone: a new table joins
by itself, and fails here when nothing lets its rows go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, db, jobs, labels
from allconnects.privacy import sweeping
from allconnects.privacy.inventory import ageless
from allconnects.privacy.retention import RULES, term
from allconnects.site import worker
from allconnects.telemetry.store.retention import longest
from tests.privacy import canary
from tests.privacy.canary import Canary

Raw = psycopg.Connection[Any]
TERMS = {name: int(days) for name, table in labels.tables().items() if (days := term(table)) is not None}
TODAY = datetime.now(UTC).replace(microsecond=0)
LEAVES = {"telemetry_position", "telemetry_segment", "telemetry_unsealed"}
"""They go when the organisation that keeps longest keeps them no more; that of others was hidden before."""
WHOLE_WEEKS = {"trips_trip", "trips_stop"}
YOUNG = sorted(name for name, age in labels.aging().items() if not age.by and TERMS[name] > 10)
OVER: dict[str, dict[str, Any]] = {
    "procrastinate_jobs": {"abort_requested": False, "status": "succeeded"},
    "procrastinate_periodic_defers": {"defer_timestamp": lambda at: int(at.timestamp())},
    "privacy_consents_act": {"expires_at": lambda at: at},
    "privacy_case": {"state": "answered"},
}
"""What lasts does not grow old: values of rows that have ended."""


@pytest.fixture
def longest_days() -> int:
    """How long positions are kept by whoever keeps them longest in this database."""
    with db.connect("worker", autocommit=True) as connection:
        return longest(connection, 60)


@pytest.fixture
def old(
    owner_connection: Raw, organisation: Organisation, monkeypatch: pytest.MonkeyPatch, longest_days: int
) -> Iterator[Raw]:
    """The organisation with a row of every table with a term, two days older than that."""
    by_age = defaultdict(set)
    for name, days in TERMS.items():
        by_age[max(days, longest_days if name in LEAVES else 0) + 2].add(name)
    for age, names in sorted(by_age.items()):
        make(owner_connection, organisation.pk, TODAY - timedelta(days=age), names, monkeypatch)
    yield owner_connection
    owner_connection.execute("DELETE FROM telemetry_unsealed WHERE organisation_id = %s", (organisation.pk,))


def make(raw: Raw, organisation: int, at: datetime, names: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of these tables that were made at that time."""
    monkeypatch.setattr(canary, "NOW", at)
    monkeypatch.setitem(canary._PLAIN, "date", lambda: at.date())
    for name, values in OVER.items():
        given = {
            key: (lambda _one, value=value: value(at) if callable(value) else value) for key, value in values.items()
        }
        monkeypatch.setitem(canary.SPECIAL, name, given)
    one = Canary(raw, organisation)
    one.begin()
    for name in sorted(names):
        with suppress(psycopg.errors.UniqueViolation):  # a trigger made it from the others
            one.row(name)


def over(raw: Raw, organisation: int) -> dict[str, int]:
    """Rows of the organisation whose time is over, by table; of tables without one, all."""
    found = {}
    for name in TERMS:
        table = labels.tables()[name]
        test, before = sweeping.due(table, labels.aging()[name])
        where = f"{test} AND t.{table.tenant} = {organisation}" if table.tenant else test
        row = raw.execute(f"SELECT count(*) FROM {name} t WHERE {where}".encode(), (before,)).fetchone()
        assert row is not None
        if row[0]:
            found[name] = row[0]
    return found


def let_go(organisation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the worker does by itself: its rounds without what makes new rows, and the periodic tasks of the labels."""
    monkeypatch.setattr(worker, "_swept", None)
    for name in ("compute_trips", "seal", "check_audit"):
        monkeypatch.setattr(worker, name, lambda *_: None)
    with db.connect("worker", autocommit=True) as connection:
        worker._round(connection, 60)
    named = {age.by for age in labels.aging().values()} - {"", "worker"}
    for task in jobs.tasks():
        if task.name in named:
            with speaking_for(organisation):
                task.function(organisation=organisation)
            named.remove(task.name)
    assert not named, "tasks that labels name and that do not exist"


def test_every_class_is_gone_when_its_time_is_over(
    old: Raw, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = over(old, organisation.pk)
    assert set(before) == set(TERMS), "these have no row that is too old: nothing would be seen"

    let_go(organisation.pk, monkeypatch)

    assert over(old, organisation.pk) == {}


def test_what_goes_by_labels_stays_until_then(
    owner_connection: Raw, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_age = defaultdict(set)
    for name in YOUNG:
        if labels.tables()[name].tenant:
            by_age[TERMS[name] - 2].add(name)
    for age, names in sorted(by_age.items()):
        make(owner_connection, organisation.pk, TODAY - timedelta(days=age), names, monkeypatch)
    before = rows(owner_connection, organisation.pk)

    with db.connect("worker", autocommit=True) as connection:
        sweeping.sweep(connection)

    assert rows(owner_connection, organisation.pk) == before
    wanted = {name for names in by_age.values() for name in names} - {"reports_logbookrow"}  # by the database's clock
    with clock.at(TODAY + timedelta(days=3)), db.connect("worker", autocommit=True) as connection:
        assert wanted <= set(over(owner_connection, organisation.pk))
        sweeping.sweep(connection)
        assert not wanted & set(over(owner_connection, organisation.pk))


def rows(raw: Raw, organisation: int) -> dict[str, int]:
    """How many rows each table that goes by labels has of the organisation, of those that are not over."""
    return {name: count(raw, name, organisation) for name in YOUNG if labels.tables()[name].tenant}


def count(raw: Raw, name: str, organisation: int) -> int:
    """How many such rows one table has."""
    test, before = sweeping.due(labels.tables()[name], labels.aging()[name])
    query = f"SELECT count(*) FROM {name} t WHERE organisation_id = %s AND ({test}) IS NOT TRUE"
    row = raw.execute(query.encode(), (organisation, before)).fetchone()
    assert row is not None
    return int(row[0])


def test_a_table_that_says_nothing_of_its_age_is_a_fault() -> None:
    table = labels.Table("a_new_one", labels.tables()["fleet_claim"].columns, tenant="organisation_id")
    assert [line for line in ageless({**labels.tables(), "a_new_one": table}) if "a_new_one" in line]


def test_nothing_of_a_product_is_kept_beyond_six_years() -> None:
    assert all(RULES[label.retention].default_days or 0 <= 2190
               for table in labels.tables().values() for label in table.columns.values() if label.personal)  # fmt: skip
