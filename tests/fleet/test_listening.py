"""What trackers say about drivers and tags becomes events and places, once, in any batches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.fleet.hearing import Passage, Reading, passages, reading, tags
from allconnects.kit import clock
from tests.telemetry.store.hot import Yard, at

DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
Make = Callable[..., Any]


def m(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def read(*given: tuple[float, str, bool | None]) -> list[tuple[float, str, bool]]:
    found = passages([Reading(m(t), n, "dallas" if n else "", i) for t, n, i in given], None)
    return [((p.at - DAY) / timedelta(minutes=1), p.number, p.entering) for p in found]


def test_a_session_lasts_from_the_key_to_the_ignition() -> None:
    assert read((0, "AAAA", True), (1, "", True), (2, "AAAA", True), (3, "", False), (4, "", True)) == [
        (0, "AAAA", True), (3, "AAAA", False),
    ]  # fmt: skip


def test_another_key_ends_it() -> None:
    assert read((0, "AAAA", True), (5, "BBBB", True)) == [(0, "AAAA", True), (5, "AAAA", False), (5, "BBBB", True)]


def test_a_key_left_in_a_parked_van_says_nothing() -> None:
    assert read((0, "AAAA", False), (1, "AAAA", False)) == []


def test_a_tracker_that_says_nothing_of_its_ignition_ends_nothing() -> None:
    assert read((0, "AAAA", None), (600, "", None)) == [(0, "AAAA", True)]


@given(st.lists(st.tuples(st.sampled_from(["", "AAAA", "BBBB"]), st.sampled_from([True, False, None])), max_size=20))
def test_ins_and_outs_alternate(found: list[tuple[str, bool | None]]) -> None:
    told = list(passages([Reading(m(n), *(k, "dallas", i)) for n, (k, i) in enumerate(found)], None))
    assert [p.entering for p in told] == [n % 2 == 0 for n in range(len(told))]
    for one, two in zip(told[::2], told[1::2], strict=False):
        assert isinstance(one, Passage)
        assert (one.number, one.source) == (two.number, two.source)


def test_numbers_of_all_protocols() -> None:
    assert reading(m(0), {"driverUniqueId": "01a2b3c4d5e6f7aa", "ignition": True}) == Reading(
        m(0), "01A2B3C4D5E6F7AA", "dallas", True
    )
    assert reading(m(0), {"rfid": "00000000aabbccdd"}) == Reading(m(0), "00000000AABBCCDD", "badge", None)
    assert reading(m(0), {"rfid": "0000000000000000"}) is None
    assert reading(m(0), {"sat": 9}) is None


def test_tags_of_all_kinds() -> None:
    heard = list(
        tags(
            {
                "tag1Mac": "aabbccddeeff", "tag1Rssi": -60, "tag1LowBattery": True, "beacon1Uuid": "00ff",
                "beacon1Major": 1, "beacon1Minor": 2, "beacon2Namespace": "0a", "beacon2Instance": "0b", "tag2Temp": 5,
            }
        )
    )  # fmt: skip
    assert [(h.identifier, h.rssi_dbm, h.battery_low) for h in heard] == [
        ("AABBCCDDEEFF", -60, True), ("00FF12", None, None), ("0A0B", None, None),
    ]  # fmt: skip


@pytest.fixture
def yard(owner_connection: Any, organisation: Any) -> Any:
    from allconnects.kit import db

    made = Yard(owner_connection, organisation.pk, db.conninfo("ingest"))
    yield made
    made.close()


def test_keys_and_tags_come_in_from_the_store(yard: Yard, make: Make, who: Any, organisation: Any) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import DriverEvent, Occupancy, Tag
    from allconnects.fleet.services import badging, installing, listening, materials
    from allconnects.telemetry.store.reader import track  # noqa: F401

    start = clock.now().replace(microsecond=0) - timedelta(minutes=9)
    ms = int(start.timestamp() * 1000)
    with speaking_for(organisation.pk):
        device, van, person, material = yard.device(), make("vehicle"), make("person"), make("material")
        installing.install(who, device.id, van, start - timedelta(days=1))
        badging.give(who, person, "dallas", "01A2B3C4D5E6F7AA", start - timedelta(days=1))
        materials.add_tag(who, material, "aa:bb:cc:dd:ee:ff")
    key = {"driverUniqueId": "01a2b3c4d5e6f7aa", "ignition": True}
    tag = {"tag1Mac": "aabbccddeeff", "tag1Rssi": -70}
    yard.send(device, at(ms, **key), at(ms + 60_000, **key, **tag), received=ms + 61_000)
    for _ in range(2):
        with speaking_for(organisation.pk):
            listening.look(organisation.pk)
            assert [(e.direction, e.person_id, e.source) for e in DriverEvent.objects.all()] == [
                ("in", person.pk, "dallas")
            ]
            assert Occupancy.objects.get().during.upper is None
            heard = Tag.objects.get()
            assert (heard.heard_at, heard.heard_by_id, heard.rssi_dbm, heard.heard_lat_e7) == (
                start + timedelta(minutes=1), device.id, -70, 508000000,
            )  # fmt: skip
            place = materials.whereabouts([material.pk])[material.pk]
            assert (place.how, place.certainty, place.holder) == ("tag", "certain", ("vehicle", van.pk))
    yard.send(device, at(ms + 120_000, ignition=True), at(ms + 180_000, ignition=False), received=ms + 181_000)
    with speaking_for(organisation.pk):
        from allconnects.fleet.models import Looked

        Looked.objects.update(looked_to=start)
        listening.look(organisation.pk)
        stay = Occupancy.objects.get()
        assert (stay.during.lower, stay.during.upper) == (start, start + timedelta(minutes=3))
        assert DriverEvent.objects.count() == 2


def test_what_is_over_its_time_goes(make: Make, who: Any, organisation: Any) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import Change, DriverEvent, Occupancy
    from allconnects.fleet.services import listening, presence

    old, new = clock.now() - timedelta(days=400), clock.now() - timedelta(days=30)
    with speaking_for(organisation.pk):
        van, person = make("vehicle"), make("person")
        for when in (old, new):
            with clock.at(when + timedelta(hours=2)):
                for entering, hour in ((True, 0), (False, 1)):
                    seen = presence.Sighting(van.pk, "badge", entering, when + timedelta(hours=hour), person=person.pk)
                    presence.observe(who, [seen])
        listening.forget(organisation.pk)
        assert DriverEvent.objects.count() == 2
        assert Occupancy.objects.count() == 1
        assert not Change.objects.exists()


def test_who_never_badged_out_is_asked_about_by_the_clock(make: Make, who: Any, organisation: Any) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.services import inbox, listening, presence

    start = clock.now() - timedelta(hours=15)
    with speaking_for(organisation.pk):
        van, person = make("vehicle"), make("person")
        with clock.at(start):
            presence.observe(who, [presence.Sighting(van.pk, "badge", True, start, person=person.pk)])
        assert inbox.waiting() == []
        listening.ask_about_forgotten(organisation.pk)
        assert [q.kind for q in inbox.waiting()] == ["no_out"]
        assert presence.stays(start, clock.now(), van.pk) == []
