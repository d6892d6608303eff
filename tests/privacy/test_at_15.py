"""AT-15: what a claim needs stays, hidden, while the rest goes; when the hold ends it goes without another request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.privacy.erasure import engine, holds, service
from allconnects.privacy.subjects import Subject
from tests.privacy.canary import seen
from tests.privacy.rights import canary, erase


def _trips(connection: psycopg.Connection[Any], person: Any) -> int:
    row = connection.execute("SELECT count(*) FROM trips_trip WHERE person = %s", (person,)).fetchone()
    assert row is not None
    return int(row[0])


def test_a_hold_on_trips_outlives_an_erasure(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)
    review = clock.now().date() + timedelta(days=90)
    with speaking_for(organisation.pk):
        holds.hold(Subject(organisation.pk, one.person), "claim 2026/12", review, 1, classes=("trip",))

    erasure, state = erase(organisation.pk, one.person)

    assert state == "partial"
    assert _trips(owner_connection, one.person) == 1
    with speaking_for(organisation.pk):
        progress = service.status(erasure)
    assert "trips_trip" in {kept.table for kept in progress.kept if kept.klass == "hold"}
    names = [token.text for token in one.of("fleet_person") if token.label.identifiability == "direct"]
    assert names
    assert seen(owner_connection, names) == {}

    with speaking_for(organisation.pk):
        holds.release(Subject(organisation.pk, one.person), 1)
    assert engine.run(organisation.pk, erasure) == "done"
    assert _trips(owner_connection, one.person) == 0
