from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allconnects.telemetry.codecs.base import CodecError, Message, Position
from allconnects.telemetry.codecs.gt06 import CODEC
from allconnects.telemetry.codecs.gt06.commands import encode
from tests.shared_data import shared
from tests.telemetry.codecs.vectors import listed, replayed

DATE = "1a030208 0f1e"  # 2026-03-02 08:15:30
TIME_MS = 1772439330000
FIX = DATE + "c9 057e4000 0078c300 32 1c5a"  # 9 satellites, 51.2 north, 4.3968 west, 50 km/h, 90 degrees, fixed
CELL = "00ce 14 0bb8 00a1b2"  # 206-20, area 3000, cell 41394
WIDE_CELL = "00ce 14 00000bb8 000000000da1b2c3"
STATUS = "46 06 04"  # ignition, charging, fixed; full battery; signal 4


def crc_x25(data: bytes) -> int:
    """CRC-16/X.25 bit by bit, apart from the code under test."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


def packet(kind: int, content: str | bytes = b"", serial: int = 7, *, long: bool = False) -> bytes:
    data = bytes.fromhex(content) if isinstance(content, str) else content
    size = (len(data) + 5).to_bytes(2 if long else 1, "big")
    body = size + bytes([kind]) + data + serial.to_bytes(2, "big")
    return (b"yy" if long else b"xx") + body + crc_x25(body).to_bytes(2, "big") + b"\r\n"


def only(frame: bytes, **options: Any) -> Position:
    message = CODEC.decoder(options).decode(frame)
    assert len(message.positions) == 1
    return message.positions[0]


# Framing


def test_checksum_of_the_vendors_example() -> None:
    assert packet(0x01, "0123456789012345", 1).hex() == "78780d01012345678901234500018cdd0d0a"


@pytest.mark.parametrize("long", [False, True])
def test_a_frame_is_cut_where_its_length_ends(long: bool) -> None:
    first, second = packet(0x21, b"\0\0\0\0\1a\r\nb", long=long), packet(0x13, "4406040002")
    stream = first + second
    assert CODEC.frame(stream) == len(first)
    assert CODEC.frame(stream, len(first)) == len(second)
    for cut in range(len(first)):
        assert CODEC.frame(memoryview(first)[:cut]) == 0


@pytest.mark.parametrize("stream", [b"GET / HTTP/1.1", b"\x78\x79\x05", b"\x00", b"\x79\x79\xff\xff\x01"])
def test_a_stream_of_something_else_is_refused(stream: bytes) -> None:
    with pytest.raises(CodecError):
        CODEC.frame(stream)


def test_a_damaged_length_costs_one_packet() -> None:
    good = packet(0x13, "4406040002")
    damaged = good[:2] + b"\x08" + good[3:]
    stream = damaged + good
    assert CODEC.frame(stream) == len(damaged)
    with pytest.raises(CodecError):
        CODEC.decoder().decode(damaged)
    assert CODEC.frame(stream, len(damaged)) == len(good)


def test_a_damaged_packet_without_end_closes_the_stream() -> None:
    with pytest.raises(CodecError):
        CODEC.frame(b"\x78\x78\x10" + bytes(300))


def test_every_changed_byte_is_refused() -> None:
    good = packet(0x22, FIX + CELL + "01 00 00")
    for at in range(len(good)):
        broken = bytearray(good)
        broken[at] ^= 0x10
        with pytest.raises(CodecError):
            CODEC.decoder().decode(bytes(broken))


# Login, time, address


def test_login_opens_a_session_and_is_answered() -> None:
    message = CODEC.decoder().decode(packet(0x01, "0123456789012345", 1))
    assert message == Message(device_ids=("123456789012345",), reply=bytes.fromhex("787805010001d9dc0d0a"), login=True)


@pytest.mark.parametrize(
    ("bits", "minutes"),
    [("3200", 480), ("4dd8", -(12 * 60 + 45)), ("0000", 0), ("42a0", 0), ("ffff", 0)],
)
def test_the_zone_of_the_login_moves_later_times(bits: str, minutes: int) -> None:
    decoder = CODEC.decoder()
    decoder.decode(packet(0x01, "0123456789012345 1000" + bits))
    message = decoder.decode(packet(0x22, FIX + CELL))
    assert message.positions[0].time_ms == TIME_MS - minutes * 60_000


def test_a_time_request_needs_a_clock() -> None:
    request = packet(0x8A)
    assert CODEC.decoder().decode(request) == Message()
    answer = CODEC.decoder({"now": lambda: TIME_MS}).decode(request).reply
    assert answer == packet(0x8A, DATE)


def test_an_address_request_is_answered_without_address() -> None:
    reply = CODEC.decoder().decode(packet(0x2A, FIX + "30" * 21 + "0002")).reply
    assert reply == packet(0x97, b"\x0b\0\0\0\0NA&&NA&&0##", 0, long=True)


def test_an_echo_of_our_reply_is_not_answered() -> None:
    assert CODEC.decoder().decode(packet(0x12)) == Message()


def test_unknown_packets_are_acknowledged_when_short() -> None:
    assert CODEC.decoder().decode(packet(0x66, "0102")).reply == packet(0x66)
    assert CODEC.decoder().decode(packet(0x66, "0102", long=True)) == Message()
    assert CODEC.decoder().decode(packet(0x80, "0102")) == Message()


@pytest.mark.parametrize("options", [{"model": 7}, {"now": 1772439330000}])
def test_malformed_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(CodecError):
        CODEC.decoder(options)


# Packets of common blocks


def test_a_fix_with_all_of_its_parts() -> None:
    message = CODEC.decoder().decode(packet(0x22, FIX + CELL + "01 02 01 000186a0", 9))
    assert message.reply == packet(0x22, "", 9)
    assert message.positions == [
        Position(
            time_ms=TIME_MS,
            valid=True,
            lat=0x057E4000 / 1_800_000,
            lon=-0x0078C300 / 1_800_000,
            speed_kmh=50,
            course_deg=90,
            attributes={
                "type": 0x22,
                "sat": 9,
                "network": {"radio": "gsm", "cells": [{"mcc": 206, "mnc": 20, "lac": 3000, "cid": 41394}]},
                "ignition": True,
                "event": 2,
                "archive": True,
                "odometer": 100_000,
            },
        )
    ]


def test_a_place_that_does_not_exist_is_none() -> None:
    position = only(packet(0x10, DATE + "c9 ffffffff 0078c300 00 1400"))
    assert (position.lat, position.lon, position.valid) == (None, None, False)


def test_a_clock_that_is_not_set_gives_no_time() -> None:
    assert only(packet(0x10, "000000000000" + "c9 057e4000 0078c300 00 1400")).time_ms is None


def test_a_packet_shorter_than_its_layout_is_refused() -> None:
    with pytest.raises(CodecError):
        CODEC.decoder().decode(packet(0x22, FIX[:-4]))


def test_what_a_clone_leaves_out_costs_only_that() -> None:
    message = CODEC.decoder().decode(packet(0x13, "82"))
    assert message.reply == packet(0x13)
    attributes = message.positions[0].attributes
    assert attributes == {"type": 0x13, "status": 0x82, "ignition": True, "charge": False, "blocked": True}
    position = only(packet(0x16, FIX + "09" + CELL[:8]))
    assert position.lat == pytest.approx(51.2)
    assert "network" not in position.attributes


@pytest.mark.parametrize(
    ("kind", "content", "alarm"),
    [
        (0x26, "09" + CELL + STATUS + "02 02", "powerCut"),
        (0x26, "08" + CELL + STATUS + "05 01", "geofenceExit"),
        (0x27, "09" + CELL + STATUS + "0c 02 03", "tampering"),
        (0x27, "09" + CELL + STATUS + "07 12 03", "jamming"),
        (0xA4, "10" + WIDE_CELL + STATUS + "29 02 ff", "hardAcceleration"),
        (0xA3, "10" + WIDE_CELL + STATUS + "06 02", "overspeed"),
        (0x39, "03" + WIDE_CELL + "0011" + STATUS + "01 02", "sos"),
    ],
)
def test_alarm_packets(kind: int, content: str, alarm: str) -> None:
    position = only(packet(kind, FIX + content))
    assert position.attributes["alarm"] == alarm
    assert position.attributes["batteryLevel"] == 100
    assert position.attributes["rssi"] == 4


@pytest.mark.parametrize(
    ("model", "code", "alarm"),
    [("", "30", "jamming"), ("VL103", "30", "hardBraking"), ("lw4g-4b", "18", "accident"), ("VL103", "09", "tow")],
)
def test_an_alarm_code_means_what_the_model_means(model: str, code: str, alarm: str) -> None:
    frame = packet(0x26, FIX + "09" + CELL + STATUS + code + "02")
    assert only(frame, model=model).attributes["alarm"] == alarm


def test_geofence_alarms_tell_the_zone_and_a_wide_cell() -> None:
    position = only(packet(0xA4, FIX + "10" + WIDE_CELL + STATUS + "04 02 05"))
    assert position.attributes["geofence"] == 5
    assert position.attributes["network"] == {
        "radio": "gsm",
        "cells": [{"mcc": 206, "mnc": 20, "lac": 3000, "cid": 0x0DA1B2C3}],
    }


def test_an_alarm_may_end_with_a_mileage() -> None:
    position = only(packet(0x26, FIX + "09" + CELL + STATUS + "03 02 00000bb8"))
    assert position.attributes["odometer"] == 3000


def test_4g_fix_with_a_wide_network_code() -> None:
    position = only(packet(0xA0, FIX + "80ce 0014 00000bb8 000000000da1b2c3 01 00 01 00000064"))
    assert position.attributes["network"] == {
        "radio": "gsm",
        "cells": [{"mcc": 206, "mnc": 20, "lac": 3000, "cid": 0x0DA1B2C3}],
    }
    assert position.attributes["archive"] is True
    assert position.attributes["odometer"] == 100


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [("0027 02 04d2", "power", 12.34), ("002e 04 00000bb8", "odometer", 3000), ("003b 02 00fa", "accuracy", 2.5)],
)
def test_a_module_behind_a_fix(module: str, name: str, value: float) -> None:
    assert only(packet(0x37, FIX + CELL + "01 00 00" + module)).attributes[name] == value


def test_driver_of_the_nt_family() -> None:
    content = "01 0123456789012345" + DATE + FIX + "0a" + CELL + "00" + STATUS[:2] + "04e2 29 4c 00 02"
    position = only(packet(0x25, content + "000bb8 00003c 05 01 aabbccdd"), model="XT40")
    wanted = {"power": 12.5, "battery": 4.1, "rssi": 76, "odometer": 3000, "hours": 3_600_000}
    assert {**position.attributes, **wanted, "driverUniqueId": "aabbccdd"} == position.attributes


def test_seeworld_climate() -> None:
    tail = "01 00 00 00000bb8 00000000 80c8 1388"
    position = only(packet(0x22, FIX + "00ce 14 0bb8 00a1b2c3" + tail))
    assert position.attributes["temp1"] == -2.0
    assert position.attributes["humidity"] == 50.0
    assert position.attributes["odometer"] == 3000


# Surroundings


def test_cells_and_access_points() -> None:
    cells = "0bb8 00a1b2 46" * 2 + "0bb9 00a1b3 50" + "0000 000000 00" * 4
    position = only(packet(0x2C, DATE + "00ce 14" + cells + "ff 01 0a0b0c0d0e0f 3c"))
    assert position == Position(
        time_ms=TIME_MS,
        attributes={
            "network": {
                "radio": "gsm",
                "cells": [
                    {"mcc": 206, "mnc": 20, "lac": 3000, "cid": 41394, "rssi": -70},
                    {"mcc": 206, "mnc": 20, "lac": 3001, "cid": 41395, "rssi": -80},
                ],
                "wifi": [{"mac": "0a:0b:0c:0d:0e:0f", "rssi": -60}],
            }
        },
    )


def test_wifi_alarm_with_a_counted_list_of_cells() -> None:
    position = only(packet(0xA9, DATE + "00ce 14 00 01 0bb8 00a1b2 46 ff 00 01 02"))
    assert position.attributes["alarm"] == "sos"
    assert position.attributes["network"] == {
        "radio": "gsm",
        "cells": [{"mcc": 206, "mnc": 20, "lac": 3000, "cid": 41394, "rssi": -70}],
    }


def test_cell_alarm_without_fix() -> None:
    position = only(packet(0xA5, WIDE_CELL + STATUS + "01 02"))
    assert position.attributes["alarm"] == "sos"
    assert position.lat is None


def test_access_points_without_signal() -> None:
    position = only(packet(0xF3, "260302081530 01 0000 0a0b0c0d0e0f"))
    assert position.time_ms == TIME_MS
    assert position.attributes["network"] == {"radio": "gsm", "wifi": [{"mac": "0a:0b:0c:0d:0e:0f"}]}


# Models with layouts of their own


def test_button_of_the_driver() -> None:
    content = "0123456789012345" + FIX + "00ce 14 0bb8 0000a1b2 000000000bb8"
    assert only(packet(0x61, content)).attributes["driverUniqueId"] == "3000"


def test_badge_that_was_seen() -> None:
    content = DATE + "c4 0a0b0c0d0e0f" + "11" * 16 + "0001 0002 0136 08"
    attributes = only(packet(0xB2, content)).attributes
    assert (attributes["rssi"], attributes["tagMac"], attributes["clock"]) == (-60, "0a0b0c0d0e0f", 2)
    assert attributes["tagBattery"] == 3.1


def test_battery_management() -> None:
    content = "00" * 8 + "69a545a2" + "50 0bb8 4b 0fa0 5a 0ba5 000a c350 0005" + "0ce4" * 14 + "0001 0002"
    content += b"ABC".ljust(16, b"\0").hex() + "0101" + b"MAKER".ljust(16).hex() + "00000001" * 3
    message = CODEC.decoder().decode(packet(0x40, content))
    attributes = message.positions[0].attributes
    assert message.positions[0].time_ms == 0x69A545A2 * 1000
    assert attributes["batteryTemp"] == 25.0
    assert (attributes["battery"], attributes["batteryCell14"]) == (50.0, 3.3)
    assert (attributes["barcode"], attributes["manufacturer"]) == ("ABC", "MAKER")
    assert message.reply == packet(0x40)


def test_modules_with_a_tag_and_an_unknown_module() -> None:
    content = "007f 000e 0a0b0c0d0e0f 0bb8 64 ff9c 0032 01 4242 0002 ffff"
    attributes = only(packet(0x70, content, long=True)).attributes
    assert attributes == {
        "tag1Id": "0a0b0c0d0e0f",
        "tag1Battery": 3000,
        "tag1BatteryLevel": 100,
        "tag1Temp": -1000,
        "tag1Humidity": 50,
        "tag1Status": 1,
    }


def test_a_driver_by_rfid_in_an_information_packet() -> None:
    message = CODEC.decoder().decode(packet(0x94, "1b 0201 aabbccdd 00 03", long=True))
    assert message.positions[0].attributes == {"driverUniqueId": "aabbccdd"}
    assert message.reply == b""


def test_camera_alarm_without_place() -> None:
    position = only(packet(0x95, DATE + "01"))
    assert (position.time_ms, position.attributes) == (TIME_MS, {"event": 1, "alarm": "general"})


def test_texts_hold_no_zero_bytes() -> None:
    frame = packet(0x21, b"\0\0\0\1\1OK\0\0", long=True)
    assert only(frame).attributes == {"result": "OK"}


@pytest.mark.parametrize(("kind", "status", "wanted"), [(0x32, 0xA0, {}), (0x33, 0xA1, {"armed": False})])
def test_az735_with_fix_and_cell(kind: int, status: int, wanted: dict[str, Any]) -> None:
    content = DATE + "0c" + FIX[len(DATE) :] + "09" + CELL + "2a 00 00" + f"{status:02x}" + "00"
    message = CODEC.decoder().decode(packet(kind, content, long=True))
    attributes = message.positions[0].attributes
    assert message.positions[0].lat == pytest.approx(51.2)
    assert {**attributes, **wanted, "status": status, "rssi": 42} == attributes
    assert message.reply == packet(kind, long=True)


# Commands


def test_commands_as_the_device_wants_them() -> None:
    lines = shared("vectors/commands/gt06.jsonl").read_text("utf-8").splitlines()
    assert lines
    for line in lines:
        vector = json.loads(line)
        command = vector["command"]
        assert encode(command["type"], command["attributes"]).hex() == vector["output"]


def test_a_command_of_our_own() -> None:
    wanted = packet(0x80, b"\x0a\0\0\0\7WHERE#", 7)
    assert encode("custom", {"data": "WHERE#"}, serial=7) == wanted
    assert b"Relay,0#" in encode("engineResume")


@pytest.mark.parametrize(
    ("kind", "text"), [("custom", ""), ("custom", "é"), ("custom", "x" * 247), ("dance", "x"), ("custom", None)]
)
def test_commands_that_cannot_be_sent(kind: str, text: str | None) -> None:
    with pytest.raises(CodecError):
        encode(kind, {"data": text})


# Real messages whose samples were cut or edited: refused as they are, right once their checksum is


def _edited() -> Iterator[dict[str, Any]]:
    for line in shared("vectors/gt06.jsonl").read_text("utf-8").splitlines():
        vector = json.loads(line)
        if not vector["checksum_ok"]:
            yield vector


def test_damaged_samples_are_refused() -> None:
    samples = list(_edited())
    assert samples
    for vector in samples:
        with pytest.raises(CodecError):
            CODEC.decoder(vector.get("decoder_options")).decode(bytes.fromhex(vector["input"]))


def test_repaired_samples_are_where_the_reference_says() -> None:
    compared = 0
    for vector in _edited():
        frame = bytes.fromhex(vector["input"])
        if frame[2] + 5 != len(frame) or frame[2] < 5 or not vector["decoded"]:
            continue
        repaired = frame[:-4] + crc_x25(frame[2:-4]).to_bytes(2, "big") + frame[-2:]
        message = CODEC.decoder(vector.get("decoder_options")).decode(repaired)
        compared += 1
        for wanted, position in zip(vector["decoded"], message.positions, strict=True):
            assert position.lat == pytest.approx(wanted.get("lat")), vector["seq"]
            assert position.lon == pytest.approx(wanted.get("lon")), vector["seq"]
            for name in ("alarm", "power", "odometer", "batteryLevel", "ignition"):
                assert position.attributes.get(name) == wanted["attributes"].get(name), vector["seq"]
    assert compared >= 8


def _unordered(network: dict[str, Any] | None) -> dict[str, list[str]]:
    parts = {name: items for name, items in (network or {}).items() if name != "radio"}
    return {name: sorted(json.dumps(item, sort_keys=True) for item in items) for name, items in parts.items()}


def test_cells_and_access_points_are_those_of_the_reference() -> None:
    """Apart from their order, which the reference does not keep, and the cell numbers that it reads wrongly."""
    wrong = {entry["seq"] for entry in listed("gt06") if entry["field"] == "attributes.network" and "seq" in entry}
    compared = 0
    for vector, answer in replayed("gt06"):
        if vector["checksum_ok"] and vector["seq"] not in wrong and vector["decoded"]:
            ours = answer["positions"][0]["attributes"].get("network")
            assert _unordered(ours) == _unordered(vector["decoded"][0].get("network")), vector["seq"]
            compared += ours is not None
    assert compared >= 30


# Any bytes at all

KINDS = st.one_of(
    st.sampled_from([0x12, 0x16, 0x22, 0x27, 0x32, 0x33, 0x36, 0x70, 0x94, 0x95, 0xA2, 0xA3, 0xF1, 0xF2]),
    st.integers(0, 255),
)
MODELS = st.sampled_from(["", "VL103", "NT20", "LW4G-4B", "SEEWORLD", "R11", "QH302R"])


@given(st.binary(max_size=600))
def test_no_bytes_break_framing_or_decoding(data: bytes) -> None:
    for stream in (data, b"\x78\x78" + data, b"\x79\x79\x00" + data):
        try:
            assert 0 <= CODEC.frame(stream) <= len(stream)
            CODEC.decoder().decode(stream)
        except CodecError:
            pass


@settings(max_examples=600)
@given(KINDS, st.booleans(), MODELS, st.binary(max_size=250))
def test_no_checked_packet_breaks_decoding(kind: int, long: bool, model: str, content: bytes) -> None:
    decoder = CODEC.decoder({"model": model})
    frame = packet(kind, content, long=long)
    assert CODEC.frame(frame) == len(frame)
    try:
        message = decoder.decode(frame)
    except CodecError:
        return
    for position in message.positions:
        assert position.lat is None or (abs(position.lat) <= 90 and abs(position.lon or 0) <= 180)
        assert position.time_ms is None or position.time_ms >= 0
        json.dumps(position.attributes, allow_nan=False)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5), st.integers(1, 40))
def test_frames_do_not_depend_on_how_the_stream_arrives(contents: list[bytes], step: int) -> None:
    frames = [packet(0x13, content) for content in contents]
    stream, buffer, found = b"".join(frames), b"", []
    for at in range(0, len(stream), step):
        buffer += stream[at : at + step]
        while buffer and (size := CODEC.frame(buffer)):
            found.append(buffer[:size])
            buffer = buffer[size:]
    assert found == frames


@pytest.mark.parametrize("filler", [b"\x00", b"\x01", b"\x41", b"\xff", b"\x00\x0a\x00\x00", b";ALM1=F", b"283=1,"])
def test_memory_follows_the_size_of_the_packet(filler: bytes) -> None:
    content = (filler * CODEC.max_frame)[: CODEC.max_frame - 16]
    peaks = []
    for kind in range(256):
        frame = packet(kind, content, long=True)
        tracemalloc.start()
        try:
            CODEC.decoder().decode(frame)
        except CodecError:
            pass
        finally:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert max(peaks) < 32 * CODEC.max_frame
