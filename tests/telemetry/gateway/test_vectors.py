"""Real messages of the four protocols over real sockets: the reference replies come, the positions are in the API.

The client is a few lines of sockets; what must come back and where the device was is taken from the reference.
"""

from __future__ import annotations

import json
import socket
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.shared_data import shared
from tests.telemetry.gateway.running import HOST, Running, ended, quiet, receive, request, status
from tests.waiting import PATIENCE_S, until

Vector = dict[str, Any]
BRUSSELS = ZoneInfo("Europe/Brussels")
STREAMS = ("teltonika", "gt06")
PHONES = ("osmand", "owntracks")


def vectors(protocol: str) -> list[Vector]:
    return [json.loads(line) for line in shared(f"vectors/{protocol}.jsonl").open(encoding="utf-8")]


def sound(protocol: str, transport: str) -> list[Vector]:
    return [v for v in vectors(protocol) if v["transport"] == transport and v.get("checksum_ok") is not False]


def reply(vector: Vector) -> bytes:
    return b"".join(bytes.fromhex(entry["hex"]) for entry in vector.get("responses") or ())


def as_request(vector: Vector) -> bytes:
    how = vector["http"]
    if vector["input_kind"] == "http":
        return request(vector["input"], how["method"])
    headers = [f"{name}: {value}" for name, value in how.get("headers", {}).items()]
    return request(how["url"], how["method"], vector["input"].encode(), headers)


@pytest.fixture
def known(register: Callable[..., int]) -> Callable[[list[Vector]], dict[str, int]]:
    """Registers every identifier that vectors name."""

    def all_of(messages: list[Vector]) -> dict[str, int]:
        names = {name for vector in messages for name in vector.get("device_ids", ())}
        return {name: register(name) for name in sorted(names)}

    return all_of


@pytest.fixture(autouse=True)
def forgotten(owner_connection: Any) -> Any:
    """Identifiers of the vectors are the same in several protocols, and each belongs to one organisation."""
    yield
    names = {name for p in (*STREAMS, *PHONES) for vector in vectors(p) for name in vector.get("device_ids", ())}
    owner_connection.execute(
        "DELETE FROM telemetry_event WHERE device_id IN (SELECT id FROM telemetry_device WHERE identifier = ANY(%s))",
        (sorted(names),),
    )
    owner_connection.execute("DELETE FROM telemetry_device WHERE identifier = ANY(%s)", (sorted(names),))


def expected_fixes(messages: list[Vector]) -> dict[str, list[dict[str, Any]]]:
    """By identifier, the good fixes that the reference finds; a message without one belongs to the last named."""
    fixes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    device = ""
    for vector in messages:
        device = (vector.get("device_ids") or [device])[0]
        clock_dependent = any("time" in path for path in vector.get("clock_dependent", ()))
        if vector.get("decoder_options") or clock_dependent:
            continue
        for found in vector["decoded"] or ():
            good = found.get("valid") and not found.get("no_location") and found.get("time")
            if good and (found["lat"], found["lon"]) != (0, 0) and "2000" < found["time"] < "2026":
                fixes[device].append(found)
    return fixes


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def check_positions(api: Callable[..., Any], numbers: dict[str, int], messages: list[Vector]) -> int:
    """Each expected fix is on the line of its day, and the newest among the latest; how many there were."""
    checked = 0
    for identifier, fixes in expected_fixes(messages).items():
        device = numbers[identifier]
        for fix in fixes:
            moment = milliseconds(fix["time"])
            day = datetime.fromtimestamp(moment / 1000, BRUSSELS).date()
            points = api(f"devices/{device}/track?date={day}")["points"]
            near = [p for p in points if p[2] == moment]
            assert any(
                p[0] == pytest.approx(fix["lon"], abs=1e-5) and p[1] == pytest.approx(fix["lat"], abs=1e-5)
                for p in near
            ), (identifier, fix["time"], near)
            checked += 1
        newest = max(milliseconds(fix["time"]) for fix in fixes)
        assert until(lambda: _latest_ms(api, device) >= newest)  # noqa: B023
    return checked


def _latest_ms(api: Callable[..., Any], device: int) -> int:
    found = [p for p in api("positions/latest") if p["device"] == device]
    assert all(p["state"] in ("standing", "moving") for p in found)
    return milliseconds(found[0]["time"]) if found else 0


@pytest.mark.parametrize(("protocol", "least"), [("teltonika", 30), ("gt06", 25)])
def test_a_session_over_tcp_gets_the_reference_replies(
    running: Running, known: Callable[..., Any], api: Callable[..., Any], protocol: str, least: int
) -> None:
    messages = sound(protocol, "tcp")
    first = next(i for i, v in enumerate(messages) if v.get("device_ids"))
    messages = messages[first:]
    numbers = known(messages)
    client = running.connect(protocol)
    for vector in messages:
        client.sendall(bytes.fromhex(vector["input"]))
        wanted = reply(vector)
        client.settimeout(PATIENCE_S)
        try:
            assert receive(client, len(wanted)).hex() == wanted.hex(), vector["seq"]
        except TimeoutError:
            pytest.fail(f"no reply to {vector['test_name']} {vector['seq']}, which has {wanted.hex()}")
    assert quiet(client), "more came back than the reference says"
    assert check_positions(api, numbers, messages) >= least


@pytest.mark.parametrize("protocol", STREAMS)
def test_damaged_messages_end_the_connection_unanswered(
    running: Running, known: Callable[..., Any], protocol: str
) -> None:
    messages = vectors(protocol)
    greeting = next(v for v in messages if v.get("device_ids") and v.get("checksum_ok") is not False)
    damaged = [v for v in messages if v.get("checksum_ok") is False and not v.get("device_ids")]
    known([greeting])
    assert len(damaged) >= 3
    for vector in damaged:
        client = running.connect(protocol)
        client.sendall(bytes.fromhex(greeting["input"]))
        assert receive(client, len(reply(greeting))) == reply(greeting)
        client.sendall(bytes.fromhex(vector["input"]))
        client.shutdown(socket.SHUT_WR)
        assert ended(client) == b"", vector["seq"]


def test_datagrams_get_their_acknowledgement(
    running: Running, known: Callable[..., Any], api: Callable[..., Any]
) -> None:
    """Ours repeats the packet's number, as the manufacturer documents; the reference has zeros there."""
    messages = sound("teltonika", "udp")
    numbers = known(messages)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE_S)
        for vector in messages:
            data = bytes.fromhex(vector["input"])
            client.sendto(data, (HOST, running.ports["teltonika"]))
            got, wanted = client.recv(100), reply(vector)
            assert got[:2] + got[4:] == wanted[:2] + wanted[4:]
            assert got[2:4] == data[2:4]
    check_positions(api, numbers, messages)


@pytest.mark.parametrize(("protocol", "least"), [("osmand", 3), ("owntracks", 4)])
@pytest.mark.parametrize("pipelined", [False, True], ids=["one by one", "all at once"])
def test_requests_over_http_get_the_reference_status(
    running: Running,
    known: Callable[..., Any],
    api: Callable[..., Any],
    protocol: str,
    least: int,
    pipelined: bool,
) -> None:
    messages = sound(protocol, "http")
    numbers = known(messages)
    client = running.connect(protocol)
    client.settimeout(PATIENCE_S)
    wanted = [entry["http_status"] for vector in messages for entry in vector["responses"]]
    if pipelined:
        client.sendall(b"".join(map(as_request, messages)))
        got = [status(client) for _ in messages]
    else:
        got = []
        for vector in messages:
            client.sendall(as_request(vector))
            got.append(status(client))
    assert got == wanted
    assert check_positions(api, numbers, messages) >= least
