"""Use cases of devices that no operation of the API shows in full."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pytest

from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from tests.telemetry.store.hot import NOON, Yard, at


@pytest.fixture
def speaking(yard: Yard) -> AbstractContextManager[None]:
    """A transaction that speaks for the organisation of this test, as a page's does."""
    from allconnects.accounts.tenancy import speaking_for

    return speaking_for(yard.organisation)


def organisation(yard: Yard, *, takes: bool) -> Any:
    from allconnects.accounts.models import Organisation

    return Organisation(id=yard.organisation, takes_unknown_devices=takes)


def wait_at_the_door(yard: Yard, *protocols: str) -> str:
    name = f"door-{yard.organisation}"
    for protocol in protocols:
        yard.owner.execute(
            "INSERT INTO telemetry_unknowndevice (protocol, identifier, first_seen, last_seen, attempts) "
            "VALUES (%s, %s, now(), now(), 1)",
            (protocol, name),
        )
    return name


def waiting(yard: Yard, name: str) -> list[str]:
    rows = yard.owner.execute("SELECT protocol FROM telemetry_unknowndevice WHERE identifier = %s", (name,))
    return sorted(row[0] for row in rows)


def test_a_waiting_device_is_dismissed_for_one_protocol(yard: Yard, speaking: Any) -> None:
    from allconnects.telemetry import services

    name = wait_at_the_door(yard, "gt06", "teltonika")
    with speaking:
        services.dismiss_unknown(organisation(yard, takes=False), "gt06", name)
        assert waiting(yard, name) == ["gt06", "teltonika"], "only by whom they are listed to"
        services.dismiss_unknown(organisation(yard, takes=True), "gt06", name)
    assert waiting(yard, name) == ["teltonika"]


def test_an_accepted_device_waits_nowhere_any_more(yard: Yard, speaking: Any) -> None:
    from allconnects.telemetry import services

    name = wait_at_the_door(yard, "gt06", "teltonika")
    with speaking:
        device = services.accept_unknown(organisation(yard, takes=True), "gt06", name, "New", "vehicle")
        assert services.device_details(device.pk).summary.protocol == "gt06"
    assert waiting(yard, name) == []


def test_nobody_accepts_what_is_not_listed_to_them(yard: Yard, speaking: Any) -> None:
    from allconnects.telemetry import services

    name = wait_at_the_door(yard, "gt06")
    with speaking, pytest.raises(Forbidden):
        services.accept_unknown(organisation(yard, takes=False), "gt06", name, "New", "vehicle")
    assert waiting(yard, name) == ["gt06"]


def test_a_refused_acceptance_leaves_the_device_waiting(yard: Yard, speaking: Any) -> None:
    from allconnects.telemetry import services

    name = wait_at_the_door(yard, "gt06")
    with pytest.raises(InvalidInput), speaking:
        services.accept_unknown(organisation(yard, takes=True), "gt06", name, "", "vehicle")
    assert waiting(yard, name) == ["gt06"]


def test_events_of_one_device_newest_first(yard: Yard, speaking: Any) -> None:
    from allconnects.telemetry import services

    one, two = yard.device(), yard.device()
    for device, kind in ((one, "limit"), (two, "limit"), (one, "wrong_secret")):
        yard.owner.execute(
            "INSERT INTO telemetry_event (organisation_id, device_id, kind, at) VALUES (%s, %s, %s, clock_timestamp())",
            (yard.organisation, device.id, kind),
        )
    with speaking:
        assert [event.kind for event in services.events(one.id)] == ["wrong_secret", "limit"]
        assert len(services.events()) == 3
        assert len(services.events(limit=2)) == 2


def test_a_secret_is_kept_changed_and_taken_away(yard: Yard, speaking: Any) -> None:
    from allconnects.telemetry import services
    from allconnects.telemetry.gateway.directory import hash_secret

    device = yard.device()

    def kept() -> str:
        row = yard.owner.execute("SELECT secret_hash FROM telemetry_device WHERE id = %s", (device.id,)).fetchone()
        assert row is not None
        return str(row[0])

    for secret, expected in (("a long secret", hash_secret("a long secret")), (None, hash_secret("a long secret"))):
        with _again(yard):
            services.change_device(device.id, "x", "vehicle", secret)
        assert kept() == expected
    with _again(yard):
        services.change_device(device.id, "x", "vehicle", "")
    assert kept() == ""


def _again(yard: Yard) -> AbstractContextManager[None]:
    from allconnects.accounts.tenancy import speaking_for

    return speaking_for(yard.organisation)


def test_another_organisation_removes_nothing(yard: Yard, other_organisation: Any) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.telemetry import services

    device = yard.device()
    yard.send(device, at(NOON))
    with pytest.raises(NotFound), speaking_for(other_organisation.pk):
        services.delete_device(device.id)
    assert yard.times(device) == [NOON]
