"""A device sits in one place at a time, and the database holds to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from allconnects.kit.errors import InvalidInput, NotFound

DAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
Make = Callable[..., Any]


@pytest.mark.parametrize("kind", ["vehicle", "material", "person"])
def test_a_device_sits_in_one_place_at_a_time(speaking: None, who: Any, make: Make, kind: str) -> None:
    from allconnects.fleet.services import installing

    device, one, two = make("device"), make(kind), make(kind)
    installing.install(who, device.pk, one, DAY, DAY + 2 * HOUR)
    with pytest.raises(InvalidInput, match="sits elsewhere"):
        installing.install(who, device.pk, two, DAY + HOUR)
    installing.install(who, device.pk, two, DAY + 2 * HOUR)
    stays = installing.stays_of_device(device.pk, DAY, DAY + 9 * HOUR)
    assert [(s.start, s.end) for s in stays] == [(DAY, DAY + 2 * HOUR), (DAY + 2 * HOUR, None)]
    assert [s.device for s in installing.stays_in(two, DAY, DAY + 9 * HOUR)] == [device.pk]
    assert installing.stays_in(two, DAY, DAY + 2 * HOUR) == []


@pytest.mark.parametrize("kind", ["vehicle", "material", "person"])
def test_a_place_has_one_main_device_at_a_time(speaking: None, who: Any, make: Make, kind: str) -> None:
    from allconnects.fleet.services import installing

    place = make(kind)
    installing.install(who, make("device").pk, place, DAY)
    other = make("device")
    with pytest.raises(InvalidInput, match="main device"):
        installing.install(who, other.pk, place, DAY + HOUR)
    installing.install(who, other.pk, place, DAY + HOUR, main=False)
    assert [s.main for s in installing.stays_in(place, DAY, DAY + 2 * HOUR)] == [True, False]


def test_a_device_moves_at_one_moment(speaking: None, who: Any, make: Make) -> None:
    from allconnects.fleet.services import installing

    device, one, two = make("device"), make("vehicle"), make("vehicle")
    installing.install(who, device.pk, one, DAY)
    installing.move(who, device.pk, two, DAY + HOUR)
    assert installing.vehicle_of(device.pk, DAY) == one.pk
    assert installing.vehicle_of(device.pk, DAY + HOUR) == two.pk
    assert installing.vehicle_of(device.pk, DAY - HOUR) is None


def test_what_ends_before_it_begins_is_refused(speaking: None, who: Any, make: Make) -> None:
    from allconnects.fleet.services import installing

    device, place = make("device"), make("vehicle")
    with pytest.raises(InvalidInput, match="before it begins"):
        installing.install(who, device.pk, place, DAY, DAY)
    made = installing.install(who, device.pk, place, DAY)
    with pytest.raises(InvalidInput, match="before it begins"):
        installing.uninstall(who, made.pk, DAY)


def test_an_unknown_device_is_not_installed(speaking: None, who: Any, make: Make) -> None:
    from allconnects.fleet.services import installing

    with pytest.raises(NotFound):
        installing.install(who, 0, make("vehicle"))


def test_the_history_tells_of_it_under_the_vehicle(speaking: None, who: Any, make: Make) -> None:
    from allconnects.fleet import history
    from allconnects.fleet.services import installing

    place, device = make("vehicle"), make("device")
    made = installing.install(who, device.pk, place, DAY)
    installing.uninstall(who, made.pk, DAY + HOUR)
    told = history.of_row("vehicle", place.pk)
    assert ("installation.device_id", str(device.pk)) in [(c.field, c.new) for c in told]
    assert told[0].field == "installation.during"


def test_a_tracker_on_a_person_is_that_persons(speaking: None, who: Any, make: Make) -> None:
    from django.db import connection

    from allconnects.fleet.services import installing

    device, person = make("device"), make("person")
    made = installing.install(who, device.pk, person, DAY)
    with connection.cursor() as cursor:
        ask = "SELECT person, lower(during), upper(during) FROM telemetry_occupancy WHERE device_id = %s"
        cursor.execute(ask, [device.pk])
        assert cursor.fetchall() == [(person.pk, DAY, None)]
        installing.uninstall(who, made.pk, DAY + HOUR)
        cursor.execute(ask, [device.pk])
        assert cursor.fetchall() == [(person.pk, DAY, DAY + HOUR)]
        installing.remove(who, made.pk)
        cursor.execute(ask, [device.pk])
        assert cursor.fetchall() == []


def test_rows_refer_to_their_own_organisation_only(
    make: Make, organisation: Any, other_organisation: Any, owner_connection: Any
) -> None:
    import psycopg

    from allconnects.accounts.tenancy import speaking_for

    with speaking_for(organisation.pk):
        device, vehicle = make("device"), make("vehicle")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        owner_connection.execute(
            "INSERT INTO fleet_installation (organisation_id, device_id, vehicle_id, main, during) "
            "VALUES (%s, %s, %s, true, '[2026-01-01,)')",
            (other_organisation.pk, device.pk, vehicle.pk),
        )
