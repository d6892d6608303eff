"""Commands over real sockets: from the API through the gateway to a device, and its answer back."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.telemetry.codecs import teltonika_frames as build
from tests.telemetry.gateway.running import Running, receive
from tests.waiting import until

Api = Callable[..., Any]


def whole(connection: socket.socket) -> bytes:
    """One Teltonika frame, read by its own length."""
    head = receive(connection, 8)
    return head + receive(connection, int.from_bytes(head[4:], "big") + 4)


def answer(text: bytes) -> bytes:
    return build.frame(bytes((12, 1, 6)) + len(text).to_bytes(4, "big") + text + b"\x01")


def order(api: Api, device: int, identifier: str, text: str, minutes: int = 60) -> int:
    number: int = api(f"devices/{device}/commands", {"text": text, "confirm": identifier, "within_min": minutes})["id"]
    return number


def states(api: Api, device: int) -> dict[int, tuple[str, str]]:
    return {one["id"]: (one["state"], one["reply"]) for one in api(f"devices/{device}/commands")}


@pytest.fixture
def teltonika(register: Callable[..., int], owner_connection: psycopg.Connection[Any], imei: str) -> int:
    """A registered tracker that is known to speak this protocol."""
    device = register(imei)
    owner_connection.execute("UPDATE telemetry_device SET protocol = 'teltonika' WHERE id = %s", (device,))
    return device


def test_a_connected_device_gets_it_and_its_answer_is_noted(
    api: Api, running: Running, teltonika: int, imei: str
) -> None:
    tracker = running.tracker(imei)
    number = order(api, teltonika, imei, "getinfo")
    # The bytes of the manufacturer's page.
    assert whole(tracker).hex() == "000000000000000f0c010500000007676574696e666f0100004312"
    assert until(lambda: states(api, teltonika)[number] == ("sent", ""))
    tracker.sendall(answer(b"RTC:2026/11/27 09:00 Init"))
    assert until(lambda: states(api, teltonika)[number] == ("answered", "RTC:2026/11/27 09:00 Init"))


def test_what_waits_is_sent_when_the_device_comes_one_after_the_other(
    api: Api, running: Running, teltonika: int, imei: str
) -> None:
    first, second = (order(api, teltonika, imei, text) for text in ("getver", "getgps"))
    assert states(api, teltonika) == {first: ("queued", ""), second: ("queued", "")}
    tracker = running.tracker(imei)
    assert b"getver" in whole(tracker)
    assert until(lambda: states(api, teltonika)[first][0] == "sent")
    assert states(api, teltonika)[second][0] == "queued", "one at a time: its answers have no number"
    tracker.sendall(answer(b"Ver:03.27"))
    assert b"getgps" in whole(tracker)
    assert until(lambda: states(api, teltonika)[first] == ("answered", "Ver:03.27"))


def test_it_is_sent_once_even_when_the_device_comes_back(api: Api, running: Running, teltonika: int, imei: str) -> None:
    number = order(api, teltonika, imei, "setdigout 1")
    whole(running.tracker(imei))
    running.close_all()
    again = running.tracker(imei)
    again.settimeout(2.0)
    with pytest.raises(TimeoutError):
        again.recv(1)
    assert until(lambda: states(api, teltonika)[number][0] == "sent"), "it may have been carried out"


def test_a_withdrawn_or_expired_command_is_not_sent(
    api: Api, running: Running, teltonika: int, imei: str, owner_connection: psycopg.Connection[Any]
) -> None:
    withdrawn, late = (order(api, teltonika, imei, text) for text in ("a", "b"))
    api(f"devices/{teltonika}/commands/{withdrawn}", method="delete")
    owner_connection.execute("UPDATE telemetry_command SET expires_at = now() WHERE id = %s", (late,))
    tracker = running.tracker(imei)
    tracker.settimeout(2.0)
    with pytest.raises(TimeoutError):
        tracker.recv(1)
    assert until(lambda: states(api, teltonika) == {withdrawn: ("cancelled", ""), late: ("expired", "")})


def test_gt06_is_told_and_its_answer_is_matched_by_number(
    api: Api, running: Running, register: Callable[..., int], owner_connection: psycopg.Connection[Any], imei: str
) -> None:
    device = register(imei)
    owner_connection.execute("UPDATE telemetry_device SET protocol = 'gt06' WHERE id = %s", (device,))
    tracker = running.connect("gt06")
    tracker.sendall(packet(0x01, bytes.fromhex("0" + imei)))
    assert receive(tracker, 10)[3] == 0x01
    number = order(api, device, imei, "sos#")
    told = receive(tracker, 3 + 14 + 2)
    assert told == packet(0x80, b"\x08" + number.to_bytes(4, "big") + b"sos#")
    tracker.sendall(packet(0x21, (number + 1).to_bytes(4, "big") + b"\x01another"))
    tracker.sendall(packet(0x21, number.to_bytes(4, "big") + b"\x01SOS: none"))
    assert until(lambda: states(api, device)[number] == ("answered", "SOS: none"))


def packet(kind: int, content: bytes) -> bytes:
    """A GT06 packet, built without our codec."""
    body = bytes((len(content) + 5, kind)) + content + b"\x00\x01"
    return b"\x78\x78" + body + crc_itu(body).to_bytes(2, "big") + b"\x0d\x0a"


def crc_itu(data: bytes) -> int:
    crc = 0xFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc ^ 0xFFFF


def test_the_packet_of_the_gt06_specification() -> None:
    from allconnects.telemetry.codecs.gt06 import CODEC

    assert CODEC.command("sos#", 0).hex() == "78780e800800000000736f732300016d6a0d0a"  # type: ignore[attr-defined]
