"""What the simulated devices send, read by rules written here, and once more by the platform's own codecs."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import replace
from urllib.parse import parse_qs

import anycrc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.demo import gt06, phone, teltonika
from allconnects.demo.devices import demo_devices
from allconnects.demo.movement import Fix
from allconnects.telemetry.codecs.base import Position, Request
from allconnects.telemetry.codecs.registry import codec, is_http, is_stream

FIX = Fix(
    time_ms=1_795_000_007_000,
    lat=50.8467123,
    lon=4.3524987,
    altitude_m=41.0,
    speed_kmh=73.6,
    course_deg=289.4,
    satellites=12,
    ignition=True,
    moving=True,
    odometer_m=81_234_567,
    supply_mv=13_987,
    battery_percent=64,
    number=1,
)
VAN = next(device for device in demo_devices() if device.protocol == "teltonika")
APP = next(device for device in demo_devices() if device.protocol == "osmand")
OWN = next(device for device in demo_devices() if device.protocol == "owntracks")

fixes = st.builds(
    Fix,
    time_ms=st.integers(1_700_000_000, 1_900_000_000).map(lambda second: second * 1000),
    lat=st.floats(49.5, 51.5),
    lon=st.floats(2.5, 6.4),
    altitude_m=st.floats(0, 700),
    speed_kmh=st.floats(0, 115),
    course_deg=st.floats(0, 360, exclude_max=True),
    satellites=st.integers(4, 16),
    ignition=st.booleans(),
    moving=st.booleans(),
    odometer_m=st.integers(0, 2**32 - 1),
    supply_mv=st.integers(9000, 29000),
    battery_percent=st.integers(0, 100),
)


def test_teltonika_login() -> None:
    assert teltonika.login("001002002600018") == b"\x00\x0f001002002600018"


def test_teltonika_packet_by_hand() -> None:
    raw = teltonika.packet([FIX])
    zero, length = struct.unpack_from(">II", raw)
    data = raw[8:-4]
    assert (zero, length, data[0], data[1], data[-1]) == (0, len(data), 0x8E, 1, 1)
    assert int.from_bytes(raw[-4:], "big") == anycrc.Model("CRC16-ARC").calc(data)
    record = struct.unpack_from(">QBiihHBH", data, 2)
    assert record == (FIX.time_ms, 0, 43_524_987, 508_467_123, 41, 289, 12, 74)
    assert elements_of(data[26:-1])[239] == 1
    assert elements_of(data[26:-1])[16] == FIX.odometer_m
    assert elements_of(data[26:-1])[66] == FIX.supply_mv


def elements_of(data: bytes) -> dict[int, int]:
    """IO elements of Codec 8 Extended by number, read to the last byte."""
    _, total = struct.unpack_from(">HH", data)
    at, found = 4, {}
    for size in (1, 2, 4, 8):
        (count,) = struct.unpack_from(">H", data, at)
        at += 2
        for _ in range(count):
            found[int.from_bytes(data[at : at + 2], "big")] = int.from_bytes(data[at + 2 : at + 2 + size], "big")
            at += 2 + size
    assert data[at:] == b"\x00\x00"
    assert len(found) == total
    return found


@given(st.lists(fixes, min_size=1, max_size=teltonika.MOST_RECORDS))
def test_teltonika_as_the_platform_reads_it(sent: list[Fix]) -> None:
    platform = codec("teltonika")
    assert is_stream(platform)
    raw = teltonika.packet(sent)
    assert platform.frame(raw) == len(raw)
    message = platform.decoder().decode(raw)
    assert message.reply == len(sent).to_bytes(4, "big")
    for fix, position in zip(sent, message.positions, strict=True):
        agree(fix, position, degrees=1e-7, speed=0.51)
        assert position.attributes["ignition"] is fix.ignition
        assert position.attributes["odometer"] == fix.odometer_m


def test_gt06_packets_by_hand() -> None:
    crc = anycrc.Model("CRC16-IBM-SDLC")
    for raw in (
        gt06.login("001002002600059", 1),
        gt06.location(FIX, 2, delayed=False),
        gt06.heartbeat(FIX, 3),
    ):
        assert raw[:2] == b"\x78\x78"
        assert raw[-2:] == b"\r\n"
        assert raw[2] == len(raw) - 5
        assert int.from_bytes(raw[-4:-2], "big") == crc.calc(raw[2:-4])
    assert gt06.login("001002002600059", 1)[4:12].hex() == "0001002002600059"
    place = gt06.location(FIX, 2, delayed=True)
    assert struct.unpack_from(">IIBH", place, 11) == (91_524_082, 7_834_498, 74, 0x1400 | 289)
    assert place[30:33] == b"\x01\x00\x01"


def test_gt06_reply_is_checked() -> None:
    body = b"\x05\x22\x00\x07"
    good = b"\x78\x78" + body + anycrc.Model("CRC16-IBM-SDLC").calc(body).to_bytes(2, "big") + b"\r\n"
    assert gt06.reply_serial(good) == 7
    assert gt06.reply_serial(good[:-3] + b"\x00\r\n") is None
    assert gt06.reply_serial(good[:-1]) is None


@given(fixes)
def test_gt06_as_the_platform_reads_it(fix: Fix) -> None:
    platform = codec("gt06")
    assert is_stream(platform)
    decoder = platform.decoder()
    assert decoder.decode(gt06.login("001002002600059", 1)).device_ids == ("001002002600059",)
    message = decoder.decode(gt06.location(fix, 9, delayed=False))
    assert gt06.reply_serial(message.reply) == 9
    (position,) = message.positions
    agree(fix, position, degrees=1e-6, speed=0.51)
    assert position.attributes["ignition"] is fix.ignition
    assert gt06.reply_serial(decoder.decode(gt06.heartbeat(fix, 10)).reply) == 10


def test_osmand_request_by_hand() -> None:
    head, _, body = phone.osmand_request(APP, "gateway:5055", FIX).partition(b"\r\n\r\n")
    line, host, length = head.decode().split("\r\n")
    sent = parse_qs(line.split(" ")[1].partition("?")[2])
    assert (line[:6], host, length, body) == ("GET /?", "Host: gateway:5055", "Content-Length: 0", b"")
    assert sent["id"] == [APP.identifier]
    assert float(sent["speed"][0]) == pytest.approx(39.74, abs=0.01)


def test_secret_goes_into_the_authorization() -> None:
    for build, device in ((phone.osmand_request, APP), (phone.owntracks_request, OWN)):
        raw = build(replace(device, secret="s3"), "gateway:1", FIX)
        line = next(line for line in raw.split(b"\r\n") if line.startswith(b"Authorization: Basic "))
        assert base64.b64decode(line.split(b" ")[2]) == f"{device.identifier}:s3".encode()
        assert b"Authorization" not in build(device, "gateway:1", FIX)


def test_owntracks_request_by_hand() -> None:
    head, _, body = phone.owntracks_request(OWN, "gateway:5144", FIX).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}" in head.decode().split("\r\n")
    message = json.loads(body)
    assert (message["_type"], message["topic"], message["tst"]) == ("location", OWN.identifier, 1_795_000_007)
    assert (message["vel"], message["cog"]) == (74, 289)


@pytest.mark.parametrize("protocol", ["osmand", "owntracks"])
@given(fix=fixes)
def test_phones_as_the_platform_reads_them(protocol: str, fix: Fix) -> None:
    build = {"osmand": phone.osmand_request, "owntracks": phone.owntracks_request}[protocol]
    device = {"osmand": APP, "owntracks": OWN}[protocol]
    head, _, body = build(device, "gateway:1", fix).partition(b"\r\n\r\n")
    method, target, _ = head.decode().split("\r\n")[0].split(" ")
    platform = codec(protocol)
    assert is_http(platform)
    message = platform.decode_request(Request(method, target, {}, body))
    assert message.device_ids == (device.identifier,)
    (position,) = message.positions
    agree(fix, position, degrees=1e-7, speed=0.51)
    assert position.attributes["batteryLevel"] == fix.battery_percent


def agree(fix: Fix, position: Position, degrees: float, speed: float) -> None:
    assert position.time_ms == fix.time_ms
    assert position.valid
    assert position.lat == pytest.approx(fix.lat, abs=degrees)
    assert position.lon == pytest.approx(fix.lon, abs=degrees)
    assert position.speed_kmh == pytest.approx(fix.speed_kmh, abs=speed)
    assert position.course_deg is not None
    assert abs((position.course_deg - fix.course_deg + 180) % 360 - 180) < 0.51
