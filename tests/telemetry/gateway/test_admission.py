"""Who may speak for a device, from where, and how those hear of it who may not."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from allconnects.kit import clock
from tests.telemetry.gateway.running import (
    HOST,
    Running,
    ended,
    gateway,
    login,
    packet,
    quiet,
    receive,
    request,
    status,
    wait_until_known,
)
from tests.telemetry.store.hot import Yard
from tests.waiting import PATIENCE_S, until

ELSEWHERE = "127.0.0.2"
SECRET = "a-secret-of-a-phone"


def osmand(identifier: str, secret: str | None = None) -> bytes:
    headers = []
    if secret is not None:
        credentials = base64.b64encode(f"{identifier}:{secret}".encode()).decode()
        headers.append(f"Authorization: Basic {credentials}")
    return request(f"/?id={identifier}&lat=50.85&lon=4.35&timestamp={clock.now_ms() // 1000}", headers=headers)


def owntracks(identifier: str) -> bytes:
    body = {"_type": "location", "topic": identifier, "lat": 50.85, "lon": 4.35, "tst": clock.now_ms() // 1000}
    return request("/", "POST", json.dumps(body).encode(), ["Content-Type: application/json"])


def gt06_login(imei: str) -> bytes:
    body = b"\x0d\x01" + bytes.fromhex(imei.zfill(16)) + b"\x00\x01"
    return b"\x78\x78" + body + crc_x25(body).to_bytes(2, "big") + b"\r\n"


def crc_x25(data: bytes) -> int:
    crc = 0xFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


def test_a_tracker_speaks_tls(
    running: Running, register: Callable[..., int], latest: Callable[[int], Any], imei: str
) -> None:
    device = register(imei)
    tracker = running.tracker(imei, tls=True)
    tracker.sendall(packet([clock.now_ms()]))
    assert receive(tracker, 4) == b"\0\0\0\1"
    assert latest(device)["lat"] == pytest.approx(50.8466)


def test_a_phone_speaks_tls(running: Running, register: Callable[..., int], latest: Callable[[int], Any]) -> None:
    identifier = f"phone-{clock.now_ms()}"
    device = register(identifier, SECRET)
    phone = running.connect("osmand", tls=True)
    phone.sendall(osmand(identifier, SECRET))
    assert status(phone) == 200
    assert latest(device)["lon"] == pytest.approx(4.35)


def test_a_tls_port_does_not_speak_in_the_clear(running: Running, register: Callable[..., int], imei: str) -> None:
    register(imei)
    with socket.create_connection((HOST, running.ports["teltonika-tls"]), PATIENCE_S) as client:
        client.sendall(login(imei))
        assert b"\x01" not in ended(client)[:1]


@pytest.mark.parametrize("wrong", [None, "", "another-secret-entirely"], ids=["none", "empty", "wrong"])
def test_a_wrong_device_secret_is_refused_and_told(
    running: Running, register: Callable[..., int], api: Callable[..., Any], yard: Yard, wrong: str | None
) -> None:
    identifier = f"phone-{clock.now_ms()}"
    device = register(identifier, SECRET)
    phone = running.connect("osmand")
    for _ in range(3):
        phone.sendall(osmand(identifier, wrong))
        assert status(phone) >= 400
    phone.sendall(osmand(identifier, SECRET))
    assert status(phone) == 200
    told = until(lambda: [e for e in api("events") if e["device"] == device])
    assert [e["kind"] for e in told] == ["wrong_secret"], "once an hour is enough"
    rows = yard.owner.execute("SELECT count(*) FROM telemetry_position WHERE device_id = %s", (device,)).fetchone()
    assert rows == (1,)


def test_a_protocol_without_secrets_cannot_speak_for_a_device_with_one(
    running: Running, register: Callable[..., int], imei: str
) -> None:
    register(imei, SECRET)
    client = running.connect("teltonika")
    client.sendall(login(imei))
    assert ended(client) == b"\0"


@pytest.fixture
def operator(yard: Yard) -> Any:
    """This test's organisation is the one that unknown devices are listed to."""
    yard.owner.execute("UPDATE accounts_organisation SET takes_unknown_devices = false")
    yard.owner.execute(
        "UPDATE accounts_organisation SET takes_unknown_devices = true WHERE id = %s", (yard.organisation,)
    )
    yield
    yard.owner.execute("UPDATE accounts_organisation SET takes_unknown_devices = false")


def _waiting(api: Callable[..., Any], identifier: str) -> Any:
    return next((u for u in api("unknown-devices") if u["identifier"] == identifier), None)


def test_an_unknown_tracker_is_refused_listed_and_accepted(
    running: Running, operator: None, api: Callable[..., Any], latest: Callable[[int], Any], imei: str, yard: Yard
) -> None:
    moment = clock.now_ms()
    for _ in range(2):
        client = running.connect("teltonika")
        client.sendall(login(imei) + packet([moment]))
        assert ended(client) == b"\0", "refused as the protocol says it, and the connection ends"
    waiting = until(lambda: _waiting(api, imei))
    assert waiting["protocol"] == "teltonika"
    query = "SELECT count(*) FROM telemetry_position WHERE fix_time = to_timestamp(%s::numeric / 1000)"
    assert yard.owner.execute(query, (moment,)).fetchone() == (0,)
    body = {"protocol": "teltonika", "identifier": imei, "name": "New", "kind": "vehicle"}
    device = api("unknown-devices/accept", body)["id"]
    assert _waiting(api, imei) is None
    wait_until_known(device)
    tracker = running.tracker(imei)
    tracker.sendall(packet([clock.now_ms()]))
    assert receive(tracker, 4) == b"\0\0\0\1"
    assert latest(device)["name"] == "New"


def test_an_unknown_gt06_tracker_is_not_answered(
    running: Running, operator: None, api: Callable[..., Any], imei: str
) -> None:
    client = running.connect("gt06")
    client.sendall(gt06_login(imei))
    assert ended(client) == b""
    assert until(lambda: _waiting(api, imei))["protocol"] == "gt06"


@pytest.mark.parametrize("protocol", ["osmand", "owntracks"])
def test_an_unknown_phone_keeps_its_data(
    running: Running, operator: None, api: Callable[..., Any], protocol: str
) -> None:
    identifier = f"unknown-{protocol}-{clock.now_ms()}"
    client = running.connect(protocol)
    client.sendall(osmand(identifier) if protocol == "osmand" else owntracks(identifier))
    assert status(client) >= 400, "what is not 2xx is sent again later"
    assert until(lambda: _waiting(api, identifier))["attempts"] == 1


def test_an_unknown_datagram_is_not_answered(
    running: Running, operator: None, api: Callable[..., Any], imei: str
) -> None:
    from tests.telemetry.codecs import teltonika_frames as build

    content = build.body(8, [build.record(build.io_part(8, {}), time_ms=clock.now_ms())])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.sendto(build.datagram(content, imei=imei), (HOST, running.ports["teltonika"]))
        with pytest.raises(TimeoutError):
            client.recv(100)
    assert until(lambda: _waiting(api, imei))


def test_what_no_device_calls_itself_is_not_listed_and_harms_nobody(
    running: Running, operator: None, api: Callable[..., Any], register: Callable[..., int], imei: str
) -> None:
    register(imei)
    tracker = running.tracker(imei)
    odd = running.connect("osmand")
    for identifier in ("%00abc", "a%0Ab", "%ff%fe"):
        odd.sendall(request(f"/?id={identifier}&lat=50.85&lon=4.35"))
        assert status(odd) >= 400
        tracker.sendall(packet([clock.now_ms()]))
        assert receive(tracker, 4) == b"\0\0\0\1"
    assert all(u["identifier"].isprintable() for u in api("unknown-devices"))


def test_one_id_from_two_places_raises_one_event(
    running: Running, register: Callable[..., int], api: Callable[..., Any], imei: str
) -> None:
    device = register(imei)
    here, there = running.tracker(imei), running.tracker(imei, source=ELSEWHERE)
    for step in range(6):
        sender = (here, there)[step % 2]
        sender.sendall(packet([clock.now_ms()]))
        assert receive(sender, 4) == b"\0\0\0\1", "both are heard: nobody knows which is the right one"
    told = until(lambda: [e for e in api("events") if e["device"] == device])
    time.sleep(0.3)
    told = [e for e in api("events") if e["device"] == device]
    assert [e["kind"] for e in told] == ["seen_twice"]


def test_a_tracker_that_changes_its_network_raises_none(
    running: Running, register: Callable[..., int], api: Callable[..., Any], imei: str
) -> None:
    device = register(imei)
    for source in (HOST, ELSEWHERE):
        tracker = running.tracker(imei, source=source)
        for _ in range(3):
            tracker.sendall(packet([clock.now_ms()]))
            assert receive(tracker, 4) == b"\0\0\0\1"
    time.sleep(0.5)
    assert [e for e in api("events") if e["device"] == device] == []


def test_a_device_that_is_removed_is_not_acknowledged_any_more(
    running: Running, register: Callable[..., int], api: Callable[..., Any], yard: Yard, imei: str
) -> None:
    device = register(imei)
    tracker = running.tracker(imei)
    tracker.sendall(packet([clock.now_ms()]))
    assert receive(tracker, 4) == b"\0\0\0\1"
    api(f"devices/{device}", method="delete", body={})
    tracker.sendall(packet([clock.now_ms()]))
    assert ended(tracker) == b""
    rows = yard.owner.execute("SELECT count(*) FROM telemetry_position WHERE device_id = %s", (device,)).fetchone()
    assert rows == (0,)


def test_a_connection_may_speak_for_devices_of_two_organisations(
    running: Running, register: Callable[..., int], yard: Yard, other_organisation: Any
) -> None:
    """Behind a proxy phones of all organisations share connections."""
    identifier = f"own-{clock.now_ms()}"
    register(identifier)
    other = Yard(yard.owner, other_organisation.pk, yard.conninfo).device()
    wait_until_known(other.id)
    proxy = running.connect("osmand")
    for name in (identifier, other.identifier, identifier):
        proxy.sendall(osmand(name))
        assert status(proxy) == 200


def test_limits_hold_for_one_and_leave_the_others_alone(
    database: None, tmp_path: Path, certificate: Path, yard: Yard, other_organisation: Any
) -> None:
    limits = {"max_connections_per_address": 8, "max_connections_per_organisation": 5}
    own = [yard.device() for _ in range(7)]
    other = Yard(yard.owner, other_organisation.pk, yard.conninfo).device()
    with gateway(tmp_path, certificate, **limits) as limited:
        clients = []
        for number, device in enumerate(own):
            client = limited.connect("osmand", source=f"127.0.0.{10 + number}")
            client.sendall(osmand(device.identifier))
            clients.append((client, status(client)))
        assert [code for _, code in clients[:5]] == [200] * 5
        assert all(code >= 400 for _, code in clients[5:])
        stranger = limited.connect("osmand", source="127.0.0.30")
        stranger.sendall(osmand(other.identifier))
        assert status(stranger) == 200
        clients[0][0].close()
        assert until(lambda: _takes(clients[6][0], own[6].identifier)), "a place that came free is given again"
        _address_limit(limited)
        assert limited.errors() == []
    query = "SELECT DISTINCT kind FROM telemetry_event WHERE organisation_id = %s"
    assert until(lambda: yard.owner.execute(query, (yard.organisation,)).fetchall()) == [("limit",)]


def _takes(client: socket.socket, identifier: str) -> bool:
    client.sendall(osmand(identifier))
    return status(client) == 200


def _address_limit(limited: Running) -> None:
    many = [limited.connect("teltonika", source="127.0.0.40") for _ in range(12)]
    assert until(lambda: sum(quiet(client, 0.05) for client in many) == 8)
    assert quiet(limited.connect("teltonika", source="127.0.0.41"))
