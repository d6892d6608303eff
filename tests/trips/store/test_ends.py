"""What ends of trips are called: by people, by places, by the gazetteer; homes by their own account only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.places import homes
from allconnects.places.models import Place
from allconnects.trips import services
from allconnects.trips.ends import End, names_of
from allconnects.trips.stored import Change
from tests.places.test_fences import LAT, LON, circle
from tests.trips.store.test_corrections import NOW, two_trips
from tests.trips.store.yard import Trips

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
HERE = End(LAT, LON, NOON)


def put(organisation: Organisation, name: str, radius_m: float, at: dict[str, Any] | None = None, **more: Any) -> Place:
    shape = at or circle(0, 0, radius_m)
    lon, lat = shape["coordinates"]
    box = {"west": lon - radius_m / 60_000, "east": lon + radius_m / 60_000, "lon": lon, "lat": lat}
    box |= {"south": lat - radius_m / 110_000, "north": lat + radius_m / 110_000}
    return Place.objects.create(organisation=organisation, name=name, shape=shape, **box, **more)


def test_the_smallest_place_that_counts_then_the_gazetteer(
    organisation: Organisation, other_organisation: Organisation
) -> None:
    with speaking_for(other_organisation.pk):
        put(other_organisation, "Not ours", 20)
    with speaking_for(organisation.pk):
        assert names_of(organisation.pk, [HERE]) == ["near Kontich (2550)"]
        put(organisation, "Park", 900)
        put(organisation, "Site", 100)
        put(organisation, "Finished", 50, active_until=date(2026, 9, 20))
        elsewhere = End(LAT + 0.005, LON, NOON)
        far = End(0.0, -30.0, NOON)
        assert names_of(organisation.pk, [HERE, elsewhere, far]) == ["Site", "Park", ""]
        assert names_of(organisation.pk, [End(LAT, LON, datetime(2026, 9, 19, tzinfo=UTC))]) == ["Finished"]
        assert names_of(organisation.pk, []) == []


def test_a_home_is_told_to_its_account_only(organisation: Organisation, account_of: Callable[..., Account]) -> None:
    driver, boss = account_of("driver"), account_of("owner")
    with speaking_for(organisation.pk):
        put(organisation, "House of somebody", 300)
        homes.set_home(organisation, driver, circle(0, 0, 100))
        assert names_of(organisation.pk, [HERE], driver.pk) == ["Home"]
        assert names_of(organisation.pk, [HERE], boss.pk) == ["Private"]
        assert names_of(organisation.pk, [HERE]) == ["Private"]
        assert names_of(organisation.pk, [HERE._replace(said="Garage")]) == ["Garage"]


def test_a_hundred_take_as_many_queries_as_one(organisation: Organisation, account_of: Callable[..., Account]) -> None:
    viewer = account_of("viewer").pk
    with speaking_for(organisation.pk):
        put(organisation, "Site", 100)
        counts = []
        for many in (1, 100):
            ends = [End(LAT + n / 100, LON, NOON) for n in range(1, many + 1)]
            with CaptureQueriesContext(connection) as found:
                assert all(names_of(organisation.pk, ends, viewer))
            counts.append(len(found))
    assert counts[0] == counts[1] <= 4


def test_what_a_person_said_goes_first_and_nothing_is_stored(trips: Trips, organisation: Organisation) -> None:
    device, _ = two_trips(trips)
    with speaking_for(organisation.pk), clock.at(NOW):
        found = services.day_of(organisation.pk, device.id, date(2026, 9, 21))
        trip = found.trips[0]
        put(organisation, "Yard", 100, {"type": "Circle", "coordinates": [trip.end_lon, trip.end_lat], "radius_m": 100})
        before = services.day_of(organisation.pk, device.id, date(2026, 9, 21)).trips[0]
        assert (before.start_place, before.end_place, before.end_name) == ("", "", "Yard")
        assert before.start_name
        change = Change(end_place="Canteen")
        services.correct(organisation.pk, before.id, change, reason="seen there", who="account:1")
        day = services.day_of(organisation.pk, device.id, date(2026, 9, 21))
        assert (day.trips[0].start_place, day.trips[0].end_name) == ("", "Canteen")
        assert "Yard" in [one.name for one in day.stops]
    stored = trips.trips(device, "start_place, end_place")
    assert sorted(stored)[-1] == ("", "Canteen")
