"""What I/O elements mean."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib import resources

import pytest

from allconnects.telemetry.codecs.base import CodecError, Value
from allconnects.telemetry.codecs.teltonika.catalogue import entries
from allconnects.telemetry.codecs.teltonika.io import attributes_from_io
from tests.telemetry.codecs import vectors
from tests.telemetry.codecs.teltonika_frames import io_part


def meaning(width: int, element: int, raw: int, codec_id: int = 0x8E, family: str | None = None) -> dict[str, Value]:
    found = attributes_from_io(codec_id, 0, io_part(codec_id, {width: [(element, raw)]}), family)
    assert (found.pop("priority"), found.pop("event")) == (0, 0)
    return found


def of_bytes(element: int, value: bytes) -> dict[str, Value]:
    found = attributes_from_io(0x8E, 0, io_part(0x8E, {}, [(element, value)]))
    del found["priority"], found["event"]
    return found


@pytest.mark.parametrize(
    ("width", "element", "raw", "expected"),
    [
        (1, 1, 1, {"in1": True}),
        (1, 239, 0, {"ignition": False}),
        (1, 69, 3, {"gnssStatus": 3}),
        (2, 66, 12_811, {"power": 12.811}),
        (2, 9, 4_321, {"adc1": 4.321}),
        (2, 17, 65_509, {"axisX": -27}),
        (2, 25, -1_250, {"bleTemp1": -12.5}),
        (1, 32, 246, {"coolantTemp": -10}),
        (2, 86, 455, {"bleHumidity1": 45.5}),
        (2, 86, 3_000, {}),
        (4, 72, -125, {"temp1": -12.5}),
        (2, 73, 850, {}),
        (4, 16, 4_000_000_000, {"odometer": 4_000_000_000}),
        (4, 389, 120_000, {"obdOdometer": 120_000_000}),
        (1, 253, 2, {"alarm": "hardBraking"}),
        (1, 253, 0, {}),
        (1, 391, 1, {"privateMode": True}),
        (8, 78, 0x0102030405060708, {"driverUniqueId": "0807060504030201"}),
        (8, 78, 0, {}),
        (8, 207, 0xF0000000000000AB, {"rfid": "f0000000000000ab"}),
        (8, 11, 898_830_300_000, {"iccid1": "898830300000"}),
        (8, 147, int.from_bytes(b"B0001234", "big"), {"driver1CardHigh": "B0001234"}),
        (4, 5_555, 0xFFFF_FFFF, {"io5555": 0xFFFF_FFFF}),
        (8, 5_555, -2, {"io5555": -2}),
    ],
)
def test_an_element_has_a_name_a_sign_and_a_unit(
    width: int, element: int, raw: int, expected: dict[str, Value]
) -> None:
    assert meaning(width, element, raw) == expected


def test_a_known_number_with_another_length_stays_a_number() -> None:
    assert meaning(2, 239, 1) == {"io239": 1}
    assert meaning(4, 4, 7) == {"pulses1": 7}
    assert meaning(1, 4, 1) == {"in4": True}


def test_older_families_have_names_of_their_own() -> None:
    assert meaning(1, 85, 56) == {"engineLoad": 56}
    assert meaning(4, 80, 84, codec_id=0x10) == {"wheelSpeed": 84}
    assert meaning(1, 22, 3, codec_id=0x8E) == {"bleBattery3": 3}
    assert meaning(1, 22, 3, codec_id=0x08) == {"io22": 3}
    assert meaning(1, 22, 3, codec_id=0x10) == {"dataMode": 3}
    assert meaning(1, 81, 50, codec_id=0x08) == {"obdSpeed": 50}
    assert meaning(1, 81, 1, codec_id=0x08, family="fm") == {"cruiseControl": True}


def test_text_elements() -> None:
    assert of_bytes(256, b"WVWZZZ1JZXW000001") == {"vin": "WVWZZZ1JZXW000001"}
    assert of_bytes(281, b"P0299,P0675") == {"dtcs": "P0299 P0675"}
    assert of_bytes(403, b"Driver\x00\x00") == {"driverName": "Driver"}
    assert of_bytes(403, b"\x80\x01") == {"driverName": "8001"}
    assert of_bytes(5_555, b"\x01\x02") == {"io5555": "0102"}
    assert of_bytes(5_555, b"") == {}


def test_beacons() -> None:
    uuid = bytes(range(16))
    ibeacon = b"\x21" + uuid + b"\x02\x0b\x01\x0a\xd0"
    eddystone = b"\x07" + bytes(range(10)) + bytes(range(6)) + b"\xc8\x01\x2c\x00\x17"
    assert of_bytes(385, b"\x11" + ibeacon + eddystone) == {
        "beacon1Uuid": uuid.hex(),
        "beacon1Major": 523,
        "beacon1Minor": 266,
        "beacon1Rssi": -48,
        "beacon2Namespace": bytes(range(10)).hex(),
        "beacon2Instance": bytes(range(6)).hex(),
        "beacon2Rssi": -56,
        "beacon2Battery": 3.0,
        "beacon2Temp": 23,
    }


def test_tags() -> None:
    first = b"\x00\x01\xc6\x05\x06Fridge\x06\x02\xfb\x2e\x07\x01\x34"
    second = b"\x00\x01\xc5\x02\x02\x80\x6d\x09\x01\x01\x63\x01\x00"
    data = b"\x01" + bytes((len(first),)) + first + bytes((len(second),)) + second
    assert of_bytes(11_317, data) == {
        "tag1Rssi": -58,
        "tag1Name": "Fridge",
        "tag1Temp": -1234,
        "tag1Humidity": 52,
        "tag2Rssi": -59,
        "tag2Voltage": 3090,
        "tag2Motion": True,
    }


@pytest.mark.parametrize("element", [385, 548, 10_828, 11_317])
def test_a_beacon_list_that_is_none_is_kept_as_hex(element: int) -> None:
    for broken in (b"\x01\x21\x00\x09\x01", b"\x01\x0b\x06\x09" + bytes(9)):
        assert of_bytes(element, broken) == {f"io{element}": broken.hex()}


@pytest.mark.parametrize("codec_id", [0x08, 0x8E, 0x10])
def test_anything_but_one_whole_part_is_refused(codec_id: int) -> None:
    variable = [(256, b"VIN")] if codec_id == 0x8E else []
    whole = io_part(codec_id, {1: [(1, 1)], 2: [(66, 1)], 4: [(16, 1)], 8: [(78, 1)]}, variable)
    for cut in range(len(whole)):
        with pytest.raises(CodecError):
            attributes_from_io(codec_id, 0, whole[:cut])
    with pytest.raises(CodecError):
        attributes_from_io(codec_id, 0, whole + b"\x00")
    with pytest.raises(CodecError):
        attributes_from_io(7, 0, whole)
    assert attributes_from_io(codec_id, 0, memoryview(whole))["in1"] is True


def test_the_catalogue_is_broad_and_says_units_that_hold_everywhere() -> None:
    text = resources.files("allconnects.telemetry.codecs").joinpath("attributes.toml").read_text("utf-8")
    known = tomllib.loads(text)
    seen: set[tuple[object, ...]] = set()
    for element, entry in entries():
        key = (element, entry.get("length"), entry.get("family", "fmb"))
        assert key not in seen, f"twice in the catalogue: {key}"
        seen.add(key)
        if entry.get("kind") in ("beacons", "tags"):
            continue
        name = entry["name"]
        attribute = known.get(name) or known.get(re.sub(r"\d+", "#", name))
        assert attribute is not None, name
        assert attribute["unit"] == entry.get("unit", ""), name
    assert len({element for element, _ in entries()}) > 300


def test_renamed_elements_keep_the_value_that_the_reference_saw() -> None:
    compared = 0
    names = Counter(entry["name"] for _, entry in entries())
    plain = {
        element: (entry["name"], entry.get("factor", 1))
        for element, entry in entries()
        if names[entry["name"]] == 1 and entry.keys() <= {"name", "length", "unit", "factor", "family"}
    }
    for vector, answer in vectors.replayed("teltonika"):
        for theirs, ours in zip(vector["decoded"] or [], answer["positions"], strict=False):
            for element, (name, factor) in plain.items():
                raw = theirs["attributes"].get(f"io{element}")
                if isinstance(raw, int) and name in ours["attributes"]:
                    assert ours["attributes"][name] == pytest.approx(raw * factor), (vector["seq"], name)
                    compared += 1
    assert compared > 100
