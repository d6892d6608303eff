"""Teltonika, by messages built here from the documented layout."""

from __future__ import annotations

import json

import pytest

from allconnects.telemetry.codecs.base import CodecError, Message
from allconnects.telemetry.codecs.teltonika import CODEC
from allconnects.telemetry.codecs.teltonika.codec import MAX_FRAME
from allconnects.telemetry.codecs.teltonika.layout import HEAD, record_end
from tests.shared_data import shared
from tests.telemetry.codecs.teltonika_frames import body, datagram, frame, io_part, record

IMEI = "490154203237518"
CODECS = (0x08, 0x8E, 0x10)


def decode(data: bytes) -> Message:
    return CODEC.decoder().decode(data)


def simple(codec_id: int = 8, count: int = 1, **head: int) -> bytes:
    io = io_part(codec_id, {1: [(239, 1), (240, 1)], 2: [(66, 12811)], 4: [(16, 123_456)]}, event=240)
    return body(codec_id, [record(io, **head)] * count)


def test_login_opens_a_session_and_is_answered_by_one_byte() -> None:
    message = decode(b"\x00\x0f" + IMEI.encode())
    assert message.login
    assert message.device_ids == (IMEI,)
    assert (message.reply, message.refusal) == (b"\x01", b"\x00")
    assert message.positions == []


@pytest.mark.parametrize("imei", [b"49015420323751", b"4901542032375180", b"49015420323751x", b"\xff" * 15])
def test_a_login_without_15_digits_is_refused(imei: bytes) -> None:
    with pytest.raises(CodecError):
        decode(b"\x00\x0f" + imei)


@pytest.mark.parametrize("codec_id", CODECS)
def test_a_record_says_where_and_when(codec_id: int) -> None:
    message = decode(frame(simple(codec_id, count=3, altitude=-4, lat=-338_000_001)))
    assert (message.reply, message.refusal) == (b"\x00\x00\x00\x03", bytes(4))
    assert len(message.positions) == 3
    position = message.positions[0]
    assert position.time_ms == 1_700_000_000_123
    assert (position.lat, position.lon) == (-33.8000001, 4.3517)
    assert (position.altitude_m, position.speed_kmh, position.course_deg) == (-4.0, 63.0, 271.0)
    assert position.valid
    assert position.attributes == {
        "priority": 1,
        "event": 240,
        "sat": 11,
        "ignition": True,
        "motion": True,
        "power": 12.811,
        "odometer": 123_456,
    }


def test_without_satellites_the_fix_is_not_valid_but_the_last_place_stays() -> None:
    position = decode(frame(simple(sat=0))).positions[0]
    assert not position.valid
    assert position.lat == 50.8466


@pytest.mark.parametrize("head", [{"lat": 900_000_001}, {"lon": -1_800_000_001}])
def test_a_place_that_is_not_on_earth_is_no_place(head: dict[str, int]) -> None:
    position = decode(frame(simple(**head))).positions[0]
    assert (position.lat, position.lon, position.valid) == (None, None, False)


@pytest.mark.parametrize(("time_ms", "kept"), [(0, 0), (-1, None), (253_402_300_800_000, None)])
def test_a_time_that_no_calendar_has_is_none(time_ms: int, kept: int | None) -> None:
    assert decode(frame(simple(time_ms=time_ms))).positions[0].time_ms == kept


def test_a_frame_without_records_is_acknowledged_with_zero() -> None:
    message = decode(frame(body(8, [])))
    assert (message.positions, message.reply) == ([], bytes(4))


def test_each_flipped_bit_is_refused() -> None:
    good = frame(simple())
    for bit in range(len(good) * 8):
        spoiled = bytearray(good)
        spoiled[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CodecError):
            decode(bytes(spoiled))


def spoil_count(content: bytes) -> bytes:
    return content[:-1] + bytes((content[-1] + 1,))


@pytest.mark.parametrize(
    "content",
    [
        spoil_count(simple()),
        bytes((8, 2)) + simple()[2:-1] + b"\x02",
        simple()[:-1] + b"\x00" + simple()[-1:],
        bytes((0x55,)) + simple()[1:],
        bytes((8, 1, 1)),
    ],
    ids=["counts differ", "record missing", "byte too many", "codec unknown", "no record"],
)
def test_a_body_that_does_not_fit_is_refused_despite_its_checksum(content: bytes) -> None:
    with pytest.raises(CodecError):
        decode(frame(content))


def test_frames_are_cut_from_a_stream() -> None:
    parts = [b"\x00\x0f" + IMEI.encode(), b"\xff", frame(simple()), frame(simple(0x8E, 2))]
    stream = b"".join(parts)
    at = 0
    for part in parts:
        for cut in range(len(part)):
            assert CODEC.frame(stream[: at + cut], at) == 0
        assert CODEC.frame(memoryview(stream), at) == len(part)
        at += len(part)
    assert at == len(stream)


@pytest.mark.parametrize(
    "start",
    [b"\x01", b"\x00\x10", b"\x00\x00\x01", b"\x00\x00\x00\x01", bytes(8), bytes(7) + b"\x02"],
)
def test_a_stream_that_cannot_go_on_is_refused_at_once(start: bytes) -> None:
    with pytest.raises(CodecError):
        CODEC.frame(start)


def test_a_giant_length_is_refused_and_the_largest_is_waited_for() -> None:
    largest = MAX_FRAME - 12
    assert CODEC.frame(bytes(4) + largest.to_bytes(4, "big")) == 0
    for size in (largest + 1, 0xFFFF_FFFF):
        with pytest.raises(CodecError):
            CODEC.frame(bytes(4) + size.to_bytes(4, "big"))


def test_shared_streams_give_their_first_frame() -> None:
    for line in shared("vectors/frames/teltonika.jsonl").open(encoding="utf-8"):
        case = json.loads(line)
        stream = bytes.fromhex(case["stream_hex"])
        assert stream[: CODEC.frame(stream)].hex() == (case["frame_hex"] or "")


def test_a_datagram_names_its_device_and_gets_its_packet_ids_back() -> None:
    message = CODEC.datagram_decoder().decode(datagram(simple(0x8E, count=2), packet=0x1234, avl=0x56))
    assert message.device_ids == (IMEI,)
    assert message.reply.hex() == "00051234015602"
    assert message.refusal.hex() == "00051234015600"
    assert [position.lat for position in message.positions] == [50.8466, 50.8466]


def test_a_datagram_with_wrong_lengths_is_refused() -> None:
    good = datagram(simple())
    for spoiled in (good[:-1], good + b"\x00", good[:20], b"", good[:7] + b"\x0e" + good[8:], b"\x00\x01" + good[2:]):
        with pytest.raises(CodecError):
            CODEC.datagram_decoder().decode(spoiled)


@pytest.mark.parametrize("codec_id", CODECS)
def test_the_end_of_a_record_is_found_without_reading_its_values(codec_id: int) -> None:
    variable = [(256, b"WVWZZZ1JZXW000001")] if codec_id == 0x8E else []
    io = io_part(codec_id, {1: [(1, 1)] * 3, 2: [(66, 1)] * 2, 4: [(16, 1)], 8: [(78, 1)]}, variable)
    data = b"\xaa" * 5 + record(io) + b"\xbb" * 5
    assert record_end(codec_id, data, 5, len(data)) == 5 + HEAD.size + len(io)
    with pytest.raises(CodecError):
        record_end(codec_id, data, 5, 5 + HEAD.size + len(io) - 1)
    for cut in range(5, 5 + HEAD.size + len(io)):
        with pytest.raises(CodecError):
            record_end(codec_id, data[:cut], 5, cut)


def gh3000(*records: bytes) -> bytes:
    return frame(body(7, records))


def test_gh3000_records_say_by_masks_what_they_have() -> None:
    place = bytes.fromhex("424b6d2d408b1aa0")  # 50.8566, 4.3470 as floats
    full = bytes.fromhex("60000000033f") + place + bytes.fromhex("00404032070064020301015a")
    bare = bytes.fromhex("200000010201f001")
    first, second = decode(gh3000(full, bare)).positions
    assert first.time_ms == (0x20000000 + 1167609600) * 1000
    assert [first.lat, first.lon] == pytest.approx([50.8566, 4.347], abs=1e-4)
    assert (first.altitude_m, first.course_deg, first.speed_kmh, first.valid) == (64.0, 90.0, 50.0, True)
    assert first.attributes["sat"] == 7
    assert first.attributes["batteryLevel"] == 90
    assert first.attributes["network"] == {
        "radio": "gsm",
        "cells": [{"mcc": 0, "mnc": 0, "lac": 100, "cid": 515}],
    }
    assert (second.lat, second.valid, second.attributes) == (None, False, {"motion": True})
    assert second.time_ms == (0x20000001 + 1167609600) * 1000
