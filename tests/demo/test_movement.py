from __future__ import annotations

import itertools
import math
from functools import cache

import pytest

from allconnects.demo.devices import DemoDevice, demo_devices
from allconnects.demo.geometry import road, road_names
from allconnects.demo.movement import HALF_CYCLE_S, Fix, Movement
from allconnects.kit.errors import ConfigError

START = 1_795_000_000
DRIVERS = [device for device in demo_devices() if device.behaviour == "drive"]
ONE = DRIVERS[0]


@cache
def movement(device: DemoDevice) -> Movement:
    return Movement(device)


def metres_between(one: Fix, other: Fix) -> float:
    north = (other.lat - one.lat) * 111_195
    east = (other.lon - one.lon) * 111_195 * math.cos(math.radians(one.lat))
    return math.hypot(north, east)


def next_start(device: DemoDevice) -> float:
    """When the device next starts to drive."""
    change = movement(device).next_change_s(START)
    if movement(device).fix(change + 0.5).moving:
        return change
    return movement(device).next_change_s(change + 1)


def test_enough_devices_move_at_any_time() -> None:
    fleet = [movement(device) for device in demo_devices()]
    for at in range(START, START + int(HALF_CYCLE_S), 6):
        assert sum(each.fix(at).speed_kmh > 5 for each in fleet) >= 22


@pytest.mark.parametrize("device", demo_devices(), ids=lambda device: device.name)
def test_stays_in_belgium_within_its_speed(device: DemoDevice) -> None:
    for at in range(START, START + 2 * int(HALF_CYCLE_S), 97):
        fix = movement(device).fix(at)
        assert 49.49 < fix.lat < 51.51
        assert 2.54 < fix.lon < 6.41
        assert 0 <= fix.speed_kmh <= device.speed_limit_kmh
        assert 0 <= fix.course_deg < 360
        assert 0 < fix.odometer_m < 2**32
        assert 0 <= fix.battery_percent <= 100


@pytest.mark.parametrize("device", DRIVERS, ids=lambda device: device.name)
def test_a_fix_follows_from_the_one_before(device: DemoDevice) -> None:
    before = movement(device).fix(START)
    for at in range(START + 1, START + 2 * int(HALF_CYCLE_S), 1):
        now = movement(device).fix(at)
        assert abs(metres_between(before, now) - (before.speed_kmh + now.speed_kmh) / 7.2) < 3
        assert abs(now.speed_kmh - before.speed_kmh) < 5
        assert now.odometer_m >= before.odometer_m
        before = now


@pytest.mark.parametrize("device", DRIVERS, ids=lambda device: device.name)
def test_stops_a_few_minutes_and_turns_the_engine_off(device: DemoDevice) -> None:
    start = next_start(device)
    fixes = [movement(device).fix(start + second) for second in range(1, int(HALF_CYCLE_S))]
    standing = [fix for fix in fixes if not fix.ignition]
    assert fixes[-len(standing) :] == standing
    assert 110 <= len(standing) <= 240
    assert len({(fix.lat, fix.lon) for fix in standing}) == 1
    assert max(fix.speed_kmh for fix in fixes) > 45


def test_drives_back_the_way_it_came() -> None:
    start = next_start(ONE)
    ends = movement(ONE).next_change_s(start + HALF_CYCLE_S + 1)
    there, back = movement(ONE).fix(start + 300), movement(ONE).fix(ends - 300)
    assert metres_between(there, back) < 15
    assert abs((there.course_deg - back.course_deg) % 360 - 180) < 2


def test_restart_goes_on_where_it_would_have_been() -> None:
    assert Movement(ONE).fix(START + 1234.5) == movement(ONE).fix(START + 1234.5)


def test_never_backwards_on_a_leg() -> None:
    marks = [movement(ONE).distance_m(START + second) for second in range(int(HALF_CYCLE_S))]
    turns = sum(later < earlier for earlier, later in itertools.pairwise(marks))
    assert turns <= 1


def test_next_change_is_when_ignition_changes() -> None:
    at = START + 10.0
    for _ in range(4):
        change = movement(ONE).next_change_s(at)
        assert movement(ONE).fix(change - 0.5).ignition is not movement(ONE).fix(change + 0.5).ignition
        at = change + 1


def test_speedup_drives_further_in_the_same_time() -> None:
    slow, fast = Movement(ONE), Movement(ONE, speedup=4)
    at = next(second for second in range(START, START + 4000) if 60 < slow.distance_m(second) < 100)
    assert fast.next_change_s(at) - at <= HALF_CYCLE_S / 4


def test_work_and_standing_devices_stay_put() -> None:
    for device in demo_devices():
        if device.behaviour != "drive":
            one, other = movement(device).fix(START), movement(device).fix(START + 5000)
            assert metres_between(one, other) == 0
            assert one.ignition is (device.behaviour == "work")


@pytest.mark.parametrize("name", road_names())
def test_roads_have_no_kinks(name: str) -> None:
    piece = road(name, 0, 25)
    assert piece.length_m > 20_000
    assert float(piece.bend.max()) < 0.05


def test_road_that_is_not_there() -> None:
    with pytest.raises(ConfigError):
        road("m25", 0, 10)
    with pytest.raises(ConfigError):
        road("e17", 4000, 10)
