"""``allconnects decode``."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from typing import Any

import pytest

from allconnects.telemetry.codecs import decode_cli, registry
from allconnects.telemetry.codecs.attributes import unit
from allconnects.telemetry.codecs.base import Message
from tests.telemetry.codecs.teltonika_frames import body, datagram, frame, io_part, record

IMEI = "490154203237518"
FRAME = frame(body(8, [record(io_part(8, {2: [(66, 12_811)], 1: [(239, 1)]}))]))


def command(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    decode_cli.add_arguments(parser)
    return decode_cli.run(parser.parse_args(argv))


def ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], protocol: str, *lines: object
) -> list[dict[str, Any]]:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert command(protocol, "--jsonl") == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_line_has_one_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        {"input": (b"\x00\x0f" + IMEI.encode()).hex(), "input_kind": "binary"},
        {"input": FRAME.hex(), "input_kind": "binary", "transport": "tcp"},
        {"input": datagram(FRAME[8:-4]).hex(), "transport": "udp"},
        {"input": "?", "input_kind": "text", "input_hex": "ff"},
    ]
    login, positions, udp, keepalive = ask(monkeypatch, capsys, "teltonika", *lines)
    assert login == {"positions": [], "replies": ["01"], "device_ids": [IMEI], "error": None}
    assert positions["replies"] == ["00000001"]
    assert positions["positions"] == [
        {
            "time": "2023-11-14T22:13:20.123Z",
            "valid": True,
            "lat": 50.8466,
            "lon": 4.3517,
            "altitude_m": 76.0,
            "speed_kmh": 63.0,
            "course_deg": 271.0,
            "attributes": {"priority": 1, "event": 0, "sat": 11, "power": 12.811, "ignition": True},
        }
    ]
    assert (udp["device_ids"], udp["replies"]) == ([IMEI], ["0005cafe010701"])
    assert keepalive == {"positions": [], "replies": [], "device_ids": [], "error": None}


def test_a_bad_line_has_an_error_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad: list[object] = [
        "no json",
        "",
        "[" * 100_000,
        "[]",
        '{"input": 5}',
        {"input": "zz"},
        {"input": "ž", "input_kind": "text"},
        {"input": "00", "input_hex": 7},
        {"input": "ff", "decoder_options": [1]},
        {"input": FRAME[:-1].hex()},
        {"input": FRAME[:-1].hex() + "00"},
    ]
    *refused, last = ask(monkeypatch, capsys, "teltonika", *bad, {"input": FRAME.hex()})
    assert len(refused) == len(bad)
    for answer in refused:
        assert answer["error"]
        assert (answer["positions"], answer["replies"], answer["device_ids"]) == ([], [], [])
    assert last["error"] is None


def test_http_lines_are_requests_and_replies_are_whole_responses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "/?id=77&lat=50.5&lon=4.5&timestamp=1700000000"
    document = json.dumps({"device_id": "77", "location": {"coords": {"latitude": 91, "longitude": 4}}})
    got, refused, broken = ask(
        monkeypatch,
        capsys,
        "osmand",
        {"input": url, "input_kind": "http", "http": {"method": "GET", "url": url}},
        {"input": document, "input_kind": "json", "http": {"method": "POST", "url": "/", "headers": {}}},
        {"input": "x", "http": {"headers": 5}},
    )
    assert got["device_ids"] == ["77"]
    assert got["positions"][0]["lat"] == 50.5
    assert bytes.fromhex(got["replies"][0]).startswith(b"HTTP/1.1 200 OK\r\n")
    assert refused["error"]
    assert bytes.fromhex(refused["replies"][0]).startswith(b"HTTP/1.1 400 ")
    assert (broken["replies"], broken["positions"]) == ([], [])


def test_lines_of_a_session_share_a_decoder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[object] = []

    class Counting:
        def decode(self, data: bytes) -> Message:
            made[-1] = data
            return Message(device_ids=(str(id(self)),))

    def decoder(options: object = None) -> Counting:
        made.append(options)
        return Counting()

    monkeypatch.setattr(registry.codec("teltonika"), "decoder", decoder)
    lines: list[dict[str, Any]] = [
        {"input": "01", "test_name": "a", "session": 1},
        {"input": "02", "test_name": "a", "session": 1},
        {"input": "03", "test_name": "a", "session": 2},
        {"input": "04", "test_name": "b", "session": 1},
        {"input": "05", "test_name": "a", "session": 1, "decoder_options": {"family": "fm"}},
    ]
    ids = [answer["device_ids"] for answer in ask(monkeypatch, capsys, "teltonika", *lines)]
    assert ids[0] == ids[1]
    assert len(made) == 4


def test_options_reach_the_decoder(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data = frame(body(8, [record(io_part(8, {1: [(81, 1)]}))])).hex()
    plain, old = ask(
        monkeypatch, capsys, "teltonika", {"input": data}, {"input": data, "decoder_options": {"family": "fm"}}
    )
    assert plain["positions"][0]["attributes"]["obdSpeed"] == 1
    assert old["positions"][0]["attributes"]["cruiseControl"] is True


def test_hex_gives_a_readable_account(capsys: pytest.CaptureFixture[str]) -> None:
    login = (b"\x00\x0f" + IMEI.encode()).hex()
    assert command("teltonika", login + FRAME.hex()) == 0
    out = capsys.readouterr().out
    assert f"device: {IMEI} (login)" in out
    assert f"frame 2: {len(FRAME)} bytes at 17" in out
    assert "place: 50.8466000, 4.3517000 (good fix)" in out
    assert "power: 12.811 V\n" in out
    assert "ignition: on\n" in out
    assert "reply: 00000001" in out


def test_hex_that_is_no_message_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"0102\n\nxyz\n{FRAME[:-1].hex()}\n"))
    assert command("teltonika") == 1
    out = capsys.readouterr().out
    assert out.count("not a message of this protocol") == 2
    assert "the beginning of a frame" in out


def test_a_datagram_and_a_request_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("teltonika", datagram(FRAME[8:-4]).hex()) == 0
    assert command("osmand", "/?id=77&lat=50.5&lon=4.5&timestamp=1700000000&note=%1B[2J") == 0
    out = capsys.readouterr().out
    assert "reply: 0005cafe010701" in out
    assert "reply: HTTP/1.1 200 OK" in out
    assert "\x1b" not in out


def test_units_are_known_by_pattern() -> None:
    assert (unit("power"), unit("bleTemp3"), unit("io999")) == ("V", "°C", "")


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (None, None),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_700_000_000_005, "2023-11-14T22:13:20.005Z"),
    ],
)
def test_times_are_iso_in_utc(time_ms: int | None, text: str | None) -> None:
    assert decode_cli.iso(time_ms) == text


def test_it_needs_neither_a_site_nor_a_database() -> None:
    program = (
        "import sys, argparse; from allconnects.telemetry.codecs import decode_cli as d; "
        "p = argparse.ArgumentParser(); d.add_arguments(p); d.run(p.parse_args(['teltonika', 'ff'])); "
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'django', 'psycopg', 'asyncio', 'numpy'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
