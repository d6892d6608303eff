"""What goes in together is answered after its commit, and what cannot be stored harms only who sent it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from allconnects.telemetry.codecs.base import Message, Position
from allconnects.telemetry.gateway import intake as module
from allconnects.telemetry.gateway.directory import DeviceRef
from allconnects.telemetry.gateway.intake import Intake
from tests.telemetry.codecs import teltonika_frames as build
from tests.telemetry.store.hot import NOON, Yard, at


class Connection:
    """A sender that writes down what it hears."""

    def __init__(self) -> None:
        self.busy = self.ended = False
        self.heard: list[bytes] = []
        self.paused = 0

    def answer(self, reply: bytes) -> None:
        if not self.ended:
            self.heard.append(reply)

    def give_up(self) -> None:
        self.ended = True

    def pause(self) -> None:
        self.paused += 1

    def resume(self) -> None:
        self.paused = 0


def together(yard: Yard, hand_in: Callable[[Intake], None]) -> None:
    """Hand in within one batch, and wait until all is done."""

    async def run() -> None:
        intake = Intake(yard.conninfo, lambda latest: None)
        hand_in(intake)
        await intake.close()

    asyncio.run(run())


def message(*positions: Position) -> Message:
    return Message(list(positions), reply=b"taken")


def frame(time_ms: int, *, broken: bool = False) -> bytes:
    made = build.frame(build.body(8, [build.record(build.io_part(8, {}), time_ms=time_ms)]))
    return made[:-1] + bytes([made[-1] ^ 1]) if broken else made


def test_each_hears_its_own_answers_in_order(yard: Yard) -> None:
    connections = [(Connection(), yard.device()) for _ in range(3)]

    def hand_in(intake: Intake) -> None:
        for step in range(4):
            for sender, device in connections:
                reply = Message([at(NOON + step)], reply=b"%d %d" % (device.id, step))
                intake.add(sender, device, None, reply, 10)

    together(yard, hand_in)
    for sender, device in connections:
        assert sender.heard == [b"%d %d" % (device.id, step) for step in range(4)]
        assert len(yard.times(device)) == 4


@pytest.mark.parametrize(
    "attributes",
    [{"name": "\ud800"}, {"odd": object()}, {"deep": {"x": ["\udfff"]}}],
    ids=["half a character", "not a value", "half a character inside"],
)
def test_what_cannot_be_stored_harms_only_its_sender(yard: Yard, attributes: dict[str, Any]) -> None:
    good = [(Connection(), yard.device()) for _ in range(5)]
    bad, victim = Connection(), yard.device()

    def hand_in(intake: Intake) -> None:
        for number, (sender, device) in enumerate(good):
            intake.add(sender, device, None, message(at(NOON)), 10)
            if number == 2:
                intake.add(bad, victim, None, message(Position(NOON, attributes=attributes)), 10)

    together(yard, hand_in)
    assert [sender.heard for sender, _ in good] == [[b"taken"]] * 5
    assert [yard.times(device) for _, device in good] == [[NOON]] * 5
    assert bad.ended
    assert (bad.heard, yard.times(victim)) == ([], [])


def test_behind_a_damaged_frame_nothing_is_acknowledged(yard: Yard) -> None:
    """The device counts answers: that to the third frame would be taken for the second's."""
    sender, device = Connection(), yard.device()
    other, quiet = Connection(), yard.device()

    def hand_in(intake: Intake) -> None:
        intake.add(sender, device, frame(NOON), None, 50)
        intake.add(sender, device, frame(NOON + 1, broken=True), None, 50)
        intake.add(sender, device, frame(NOON + 2), None, 50)
        intake.add(other, quiet, frame(NOON), None, 50)

    together(yard, hand_in)
    assert sender.ended
    assert len(sender.heard) <= 1
    assert other.heard == [b"\0\0\0\1"]
    assert NOON + 1 not in yard.times(device)


def test_a_device_that_is_gone_is_not_answered_and_harms_nobody(yard: Yard) -> None:
    stays, gone = yard.device(), yard.device()
    one, two = Connection(), Connection()
    yard.owner.execute("DELETE FROM telemetry_device WHERE id = %s", (gone.id,))

    def hand_in(intake: Intake) -> None:
        intake.add(one, stays, None, message(at(NOON)), 10)
        intake.add(two, gone, None, message(at(NOON)), 10)
        intake.heard(gone)

    together(yard, hand_in)
    assert one.heard == [b"taken"]
    assert (two.heard, two.ended) == ([], True)
    assert yard.times(gone) == []


@pytest.mark.parametrize("identifier", ["a\0b", "\ud800", "x" * 500])
def test_an_odd_identifier_harms_nobody(yard: Yard, identifier: str) -> None:
    sender, device = Connection(), yard.device()

    def hand_in(intake: Intake) -> None:
        intake.unknown("osmand", identifier)
        intake.unknown("osmand", f"fine-{device.id}")
        intake.add(sender, device, None, message(at(NOON)), 10)

    together(yard, hand_in)
    assert sender.heard == [b"taken"]


def test_unknown_devices_are_listed_once_with_their_attempts(yard: Yard) -> None:
    name = f"caller-{yard.organisation}"
    for _ in range(3):
        together(yard, lambda intake: intake.unknown("gt06", name))
    rows = yard.owner.execute("SELECT protocol, attempts FROM telemetry_unknowndevice WHERE identifier = %s", (name,))
    assert rows.fetchall() == [("gt06", 3)]


def test_an_event_reaches_its_organisation(yard: Yard) -> None:
    device = yard.device()
    together(yard, lambda intake: intake.event(device, "wrong_secret"))
    rows = yard.owner.execute(
        "SELECT organisation_id, kind FROM telemetry_event WHERE device_id = %s", (device.id,)
    ).fetchall()
    assert rows == [(yard.organisation, "wrong_secret")]


def test_who_sends_more_than_can_wait_is_held_back_and_released(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_BYTES", 1000)
    monkeypatch.setattr(module, "RESUME_BYTES", 500)
    sender, device = Connection(), yard.device()
    most: list[int] = []

    def hand_in(intake: Intake) -> None:
        for step in range(3):
            intake.add(sender, device, None, message(at(NOON + step)), 400)
        most.append(sender.paused)
        assert intake.full

    together(yard, hand_in)
    assert most == [1]
    assert sender.paused == 0
    assert len(sender.heard) == 3


def test_after_the_database_was_away_all_goes_on(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is answered before the commit, however often it has to be tried."""
    from allconnects.telemetry.store.hot import HotWriter

    sender, device = Connection(), yard.device()
    real = HotWriter.write
    heard_at_failure: list[list[bytes]] = []

    def failing(self: HotWriter, batch: Any) -> Any:
        if len(heard_at_failure) < 3:
            heard_at_failure.append(list(sender.heard))
            raise psycopg.OperationalError("away")
        return real(self, batch)

    monkeypatch.setattr(HotWriter, "write", failing)
    together(yard, lambda intake: intake.add(sender, device, None, message(at(NOON)), 10))
    assert heard_at_failure == [[]] * 3
    assert sender.heard == [b"taken"]
    assert yard.times(device) == [NOON]


def test_a_closing_gateway_answers_nothing_that_is_not_stored(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    from allconnects.telemetry.store.hot import HotWriter

    def away(self: HotWriter, batch: Any) -> Any:
        raise psycopg.OperationalError("away")

    async def run() -> None:
        intake = Intake(yard.conninfo, lambda latest: None)
        intake.add(sender, device, None, message(at(NOON)), 10)
        await asyncio.sleep(0.2)
        intake._idle.set()
        await intake.close()
        await asyncio.sleep(0.3)

    monkeypatch.setattr(HotWriter, "write", away)
    sender, device = Connection(), yard.device()
    asyncio.run(run())
    assert sender.heard == []


def test_a_device_ref_is_shared_by_all_its_connections(yard: Yard) -> None:
    """Two connections of one device: both are answered, each position is there once."""
    device: DeviceRef = yard.device()
    one, two = Connection(), Connection()

    def hand_in(intake: Intake) -> None:
        for sender in (one, two):
            intake.add(sender, device, None, message(at(NOON), at(NOON + 1)), 10)

    together(yard, hand_in)
    assert one.heard == two.heard == [b"taken"]
    assert yard.times(device) == [NOON, NOON + 1]
