"""AT-13: an erased driver's trips leave their kilometres with the vehicle, and nothing of him."""

from __future__ import annotations

from typing import Any

import psycopg

from allconnects.accounts.models import Organisation
from tests.privacy.rights import canary, erase


def test_the_kilometres_of_a_vehicle_still_add_up(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)
    total = "SELECT sum(distance_m), count(*) FROM trips_trip WHERE organisation_id = %s"
    before = owner_connection.execute(total, (organisation.pk,)).fetchone()

    _, state = erase(organisation.pk, one.person)

    assert state == "done"
    assert owner_connection.execute(total, (organisation.pk,)).fetchone() == before
    left = owner_connection.execute(
        "SELECT person, start_place, end_place, purpose, rules_version, (start_lat_e7 - 500000) %% 1000000 "
        "FROM trips_trip WHERE organisation_id = %s", (organisation.pk,)
    ).fetchone()  # fmt: skip
    assert left == (None, "", "", "", "erased", 0)
