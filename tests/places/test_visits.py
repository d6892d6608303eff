"""Visits: the same whatever the order and batches; late data, changed places, who it was, and who may see it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import NotFound
from allconnects.places import due, services, visits
from allconnects.places.services import Given
from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.gateway.directory import DeviceRef
from tests.places.test_fences import LAT, LON, M_LAT, circle
from tests.telemetry.store.hot import HOUR, NOON, Yard
from tests.telemetry.store.sealed import drives, moment

NOW = moment(NOON + 20 * HOUR)


@pytest.fixture(autouse=True)
def late_in_the_evening() -> Iterator[None]:
    with clock.at(NOW):
        yield


def fix(minute: float, away_m: float = 0) -> Position:
    """A fix so many metres north of the site's middle."""
    return Position(int(NOON + minute * 60_000), True, LAT + away_m * M_LAT, LON, 12.0, 0.0, None, {})


def site(organisation: Organisation, radius_m: float = 100, **more: Any) -> int:
    with speaking_for(organisation.pk):
        return services.add_place(organisation, Given(name="Site", shape=circle(0, 0, radius_m), **more)).pk


def work(organisation: Organisation, device: DeviceRef, hours: float = 20) -> list[tuple[Any, ...]]:
    """Look for news, work out; what is stored: place, and minutes of enter, leave, before and after, and fixes."""
    with clock.at(moment(NOON + int(hours * HOUR))), speaking_for(organisation.pk):
        due.look(organisation.pk)
        fences, _places = visits.ready(organisation.pk)
        visits.work_out(organisation.pk, device.id, fences)
        return stored(organisation, device)


def stored(organisation: Organisation, device: DeviceRef) -> list[tuple[Any, ...]]:
    from django.db import connection

    minutes = lambda at: None if at is None else (at.timestamp() * 1000 - NOON) / 60_000  # noqa: E731
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT place_id, enter, leave, before, after, fixes FROM places_visit "
            "WHERE organisation_id = %s AND device_id = %s ORDER BY enter, place_id", [organisation.pk, device.id],
        )  # fmt: skip
        return [(row[0], *map(minutes, row[1:5]), row[5]) for row in cursor.fetchall()]


def test_a_visit_has_its_first_and_last_fix_inside_and_those_beside(yard: Yard, organisation: Organisation) -> None:
    device, place = yard.device(), site(organisation)
    yard.send(device, fix(0, 500), fix(10), fix(20, 50), fix(30, 110), fix(40, 20), fix(50, 500), fix(60, 10))
    assert work(organisation, device) == [(place, 10, 40, 0, 50, 3), (place, 60, 60, 50, None, 1)]


def test_what_is_new_goes_on_and_what_is_late_lands_in_its_place(yard: Yard, organisation: Organisation) -> None:
    device, place = yard.device(), site(organisation)
    yard.send(device, fix(0), fix(10))
    assert work(organisation, device, 0.5) == [(place, 0, 10, None, None, 2)]
    yard.send(device, fix(20, 110), received=NOON + HOUR)
    assert work(organisation, device, 1.5) == [(place, 0, 10, None, None, 2)], "on the edge it has not left"
    yard.send(device, fix(30), fix(40, 900), received=NOON + 2 * HOUR)
    assert work(organisation, device, 2.5) == [(place, 0, 30, None, 40, 3)]
    yard.send(device, fix(5, 900), fix(-5, 900), received=NOON + 3 * HOUR)
    assert work(organisation, device, 3.5) == [(place, 0, 0, -5, 5, 1), (place, 10, 30, 5, 40, 2)]


STEPS = st.lists(st.sampled_from([0, 60, 115, 140, 900]), min_size=1, max_size=14)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    away=STEPS,
    every=st.sampled_from([1, 1.5, 7]),
    data=st.data(),
)
def test_order_duplicates_and_batches_do_not_matter(
    yard: Yard, organisation: Organisation, away: list[int], every: float, data: st.DataObject
) -> None:
    if not hasattr(yard, "place"):
        yard.place = site(organisation)  # type: ignore[attr-defined]
    fixes = [fix(n * every, metres) for n, metres in enumerate(away)]
    order = data.draw(st.permutations(fixes + data.draw(st.lists(st.sampled_from(fixes), max_size=4))))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(order)), max_size=5)) | {0, len(order)})
    device, plain = yard.device(), yard.device()
    for n, (begin, end) in enumerate(itertools.pairwise(cuts)):
        if begin < end:
            yard.send(device, *order[begin:end], received=NOON + n * 60_000)
            with speaking_for(organisation.pk):
                due.device_changed(
                    organisation.pk, device.id, moment(min(one.time_ms or 0 for one in order[begin:end]))
                )
            work(organisation, device)
    yard.send(plain, *fixes)
    with speaking_for(organisation.pk):
        due.device_changed(organisation.pk, plain.id, moment(NOON))
    assert work(organisation, device) == work(organisation, plain)


def test_a_changed_place_looks_at_the_past_again(yard: Yard, organisation: Organisation) -> None:
    device, place = yard.device(), site(organisation)
    yard.send(device, fix(0), fix(10, 300), fix(20, 300), fix(30, 900))
    assert work(organisation, device) == [(place, 0, 0, None, 10, 1)]
    with speaking_for(organisation.pk):
        services.change_place(place, Given(name="Larger", shape=circle(0, 0, 400)))
        assert stored(organisation, device) == []
    assert work(organisation, device) == [(place, 0, 20, None, 30, 3)]
    with speaking_for(organisation.pk):
        services.change_place(place, Given(name="Another name", shape=circle(0, 0, 400)))
        assert len(stored(organisation, device)) == 1, "its name has nothing to do with it"
        services.delete_place(place)
        assert stored(organisation, device) == []


def test_a_place_counts_on_its_days_in_its_zone(yard: Yard, organisation: Organisation) -> None:
    day = moment(NOON).date()
    device, place = yard.device(), site(organisation, active_until=day)
    yard.send(device, *[fix(60 * n) for n in range(8, 13)])
    # Midnight in Brussels is ten hours (22:00 UTC, in summer) after noon in UTC.
    assert work(organisation, device) == [(place, 480, 540, None, 600, 2)]


def test_whose_visit_it_is_follows_who_had_the_device(yard: Yard, organisation: Organisation) -> None:
    device = yard.device()
    site(organisation)
    yard.send(device, fix(0), fix(30), fix(60), fix(70, 900))
    first = drives(yard, device.id, NOON - HOUR, NOON + 20 * 60_000)
    work(organisation, device)
    assert persons(yard, device) == [first]
    second = drives(yard, device.id, NOON + 20 * 60_000, None)
    work(organisation, device)
    assert persons(yard, device) == [second], "who was there longer"


def persons(yard: Yard, device: DeviceRef) -> list[Any]:
    return [row[0] for row in yard.owner.execute("SELECT person FROM places_visit WHERE device_id = %s", (device.id,))]


def test_a_person_whose_key_is_destroyed_leaves_no_new_visits(yard: Yard, organisation: Organisation) -> None:
    from allconnects.privacy.vault import open_vault
    from allconnects.privacy.vault import person as subject
    from allconnects.telemetry.store.segments import KLASS

    device = yard.device()
    yard.send(device, fix(0), fix(10))
    who = drives(yard, device.id, NOON - HOUR, None)
    vault = open_vault()
    vault.key_for_sealing(organisation.pk, subject(str(who)), KLASS, who="process:test")
    vault.destroy(organisation.pk, subject(str(who)), who="process:test", reason="asked")
    site(organisation)
    assert work(organisation, device) == []


def test_another_tenant_sees_and_touches_nothing(
    yard: Yard, organisation: Organisation, other_organisation: Organisation
) -> None:
    device, place = yard.device(), site(organisation)
    yard.send(device, fix(0))
    work(organisation, device)
    with speaking_for(other_organisation.pk):
        assert services.list_places() == []
        assert stored(organisation, device) == []
        for forbidden in (
            lambda: services.place(place),
            lambda: services.delete_place(place),
            lambda: services.change_place(place, Given(name="x", shape=circle(0, 0, 50))),
        ):
            with pytest.raises(NotFound):
                forbidden()


def test_two_people_change_one_place(organisation: Organisation) -> None:
    place = site(organisation)
    with speaking_for(organisation.pk):
        seen = services.place(place).version
        services.change_place(place, Given(name="One", shape=circle(0, 0, 50)), seen)
        with pytest.raises(services.InvalidInput, match="meanwhile"):
            services.change_place(place, Given(name="Two", shape=circle(0, 0, 60)), seen)
        assert services.place(place).name == "One"
        services.add_place(organisation, Given(name="Second", shape=circle(500, 0, 50), number="W-17"))
        assert [one.name for one in services.list_places("w-17")] == ["Second"]
        assert [one.name for one in services.list_places(on=date(2026, 1, 1))] == ["One", "Second"]
