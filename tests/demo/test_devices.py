from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from allconnects.demo.devices import demo_devices, load_devices
from allconnects.demo.geometry import road_names
from allconnects.kit.errors import ConfigError

GOOD = {
    "identifier": "x",
    "name": "X",
    "kind": "phone",
    "protocol": "osmand",
    "behaviour": "drive",
    "route": "e17",
}


def luhn_holds(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number // 10 + number % 10
    return total % 10 == 0


def test_fleet_is_what_a_small_builder_has() -> None:
    devices = demo_devices()
    assert Counter(device.kind for device in devices) == {"vehicle": 20, "phone": 6, "material": 6}
    assert {device.protocol for device in devices} == {"teltonika", "gt06", "osmand", "owntracks"}
    assert {device.protocol for device in devices if device.kind == "phone"} == {"osmand", "owntracks"}
    assert len({device.name for device in devices}) == len({device.identifier for device in devices}) == 32
    assert {device.route for device in devices} <= set(road_names())
    assert {device.interval_s for device in devices} <= set(range(2, 11))


def test_numbers_are_test_imeis_that_stay() -> None:
    devices = demo_devices()
    numbers = [device.identifier for device in devices if device.protocol in ("teltonika", "gt06")]
    assert all(len(number) == 15 and number.startswith("0010") and luhn_holds(number) for number in numbers)
    assert (devices[0].identifier, devices[0].name) == ("001002002600018", "Van 01")
    assert demo_devices() == devices


def test_devices_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "devices.json"
    file.write_text(json.dumps([asdict(device) for device in demo_devices()]))
    assert load_devices(file) == demo_devices()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "{}",
        "[5]",
        json.dumps([GOOD | {"colour": "red"}]),
        json.dumps([GOOD | {"kind": "ship"}]),
        json.dumps([GOOD | {"protocol": ["osmand"]}]),
        json.dumps([{name: value for name, value in GOOD.items() if name != "route"}]),
    ],
)
def test_bad_file_is_one_clear_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "devices.json"
    file.write_text(content)
    with pytest.raises(ConfigError):
        load_devices(file)
    with pytest.raises(ConfigError):
        load_devices(tmp_path / "none.json")
