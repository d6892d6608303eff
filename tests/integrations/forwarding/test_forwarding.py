"""Every position reaches the broker at least once, in order of receipt, also when the broker was away."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import nats
import paho.mqtt.client as mqtt
import pytest
from django.test import Client
from paho.mqtt.enums import CallbackAPIVersion

from allconnects.integrations.forwarding import services
from allconnects.integrations.forwarding.models import Target
from allconnects.kit import config
from allconnects.kit.errors import InvalidInput
from tests.alerts.conftest import NOON, Fleet, minutes
from tests.alerts.receiver import receiving
from tests.integrations.forwarding.brokers import mosquitto, nats_server
from tests.ports import free_port
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def private_allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ALLCONNECTS_OUTGOING_PRIVATE", "allow")
    config.current.cache_clear()
    yield
    monkeypatch.undo()
    config.current.cache_clear()


def add(fleet: Fleet, **given: Any) -> Target:
    with fleet.at(NOON):
        return services.add(fleet.organisation, {"name": "Test", **given})


def forward(fleet: Fleet, target: Target, moment: Any) -> int:
    with fleet.at(moment):
        return services.forward(target.pk)


def filled(fleet: Fleet, count: int = 600) -> list[int]:
    devices = [fleet.device(f"Van {n}") for n in range(3)]
    for at in range(count):
        fleet.send(devices[at % 3], NOON + timedelta(seconds=0.1 + at * 0.1), speed=at % 90, ignition=True)
    return devices


def test_mqtt_with_a_real_broker(fleet: Fleet, private_allowed: None, tmp_path: Path) -> None:
    port = free_port()
    target = add(fleet, kind="mqtt", url=f"mqtt://127.0.0.1:{port}", topic="firm/{device}/position")
    devices = filled(fleet)
    assert forward(fleet, target, NOON + minutes(3)) == 0
    with fleet.at(NOON):
        assert Target.objects.get().failing_since is not None
    heard: list[tuple[str, dict[str, Any]]] = []
    with mosquitto(tmp_path / "broker", port):
        ready = threading.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.on_connect = lambda c, *_: c.subscribe("firm/#", qos=1)
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda _c, _d, m: heard.append((m.topic, json.loads(m.payload)))
        client.connect("127.0.0.1", port)
        client.loop_start()
        assert ready.wait(PATIENCE_S)
        assert forward(fleet, target, NOON + minutes(3)) == 600
        until(lambda: len(heard) >= 600)
        client.disconnect()
        client.loop_stop()
    assert {topic for topic, _ in heard} == {f"firm/{device}/position" for device in devices}
    _complete([one for _, one in heard])
    with fleet.at(NOON):
        found = Target.objects.get()
        assert (found.sent, found.failing_since, found.error) == (600, None, "")


def test_nats_with_a_real_server(fleet: Fleet, private_allowed: None) -> None:
    port = free_port()
    target = add(fleet, kind="nats", url=f"nats://127.0.0.1:{port}", topic="firm/{device}")
    filled(fleet)
    with nats_server(port):

        async def listen() -> list[dict[str, Any]]:
            heard: list[dict[str, Any]] = []
            connection = await nats.connect(f"nats://127.0.0.1:{port}")

            async def note(message: Any) -> None:
                heard.append(json.loads(message.data))

            await connection.subscribe("firm.*", cb=note)
            await connection.flush()
            assert await asyncio.to_thread(_in_thread, fleet, target) == 600
            ends = time.monotonic() + PATIENCE_S
            while len(heard) < 600 and time.monotonic() < ends:
                await asyncio.sleep(0.05)
            await connection.close()
            return heard

        _complete(asyncio.run(listen()))


def _in_thread(fleet: Fleet, target: Target) -> int:
    from django.db import connection

    try:
        return forward(fleet, target, NOON + minutes(3))
    finally:
        connection.close()


def test_http_is_repeated_until_it_is_taken_and_nothing_is_lost(fleet: Fleet, private_allowed: None) -> None:
    with receiving() as receiver:
        target = add(fleet, kind="http", url=receiver.url + "/in", password="a token of theirs")
        filled(fleet)
        receiver.answers = [204, 503]
        assert forward(fleet, target, NOON + minutes(3)) == 500
        assert forward(fleet, target, NOON + minutes(4)) == 100
        assert forward(fleet, target, NOON + minutes(5)) == 0
        taken = [one for at, one in enumerate(receiver.seen) if at != 1]
        _complete([row for _p, _h, body in taken for row in json.loads(body)])
        assert {headers["authorization"] for _p, headers, _b in receiver.seen} == {"Bearer a token of theirs"}
        keys = [headers["idempotency-key"] for _p, headers, _b in receiver.seen]
        assert keys[1] == keys[2]


def _complete(rows: list[dict[str, Any]]) -> None:
    assert len({one["id"] for one in rows}) == 600
    assert [one["received"] for one in rows] == sorted(one["received"] for one in rows)
    assert rows[0]["attributes"] == {"ignition": True}


def test_what_is_older_than_the_store_is_skipped_and_said(fleet: Fleet, private_allowed: None) -> None:
    with receiving() as receiver:
        target = add(fleet, kind="http", url=receiver.url)
        device = fleet.device()
        fleet.send(device, NOON + minutes(1), speed=1)
        assert forward(fleet, target, NOON + timedelta(hours=60)) == 0
        with fleet.at(NOON):
            assert Target.objects.get().skipped == timedelta(hours=13)


def test_a_quiet_fleet_is_not_called_skipped(fleet: Fleet, private_allowed: None) -> None:
    target = add(fleet, kind="http", url="http://127.0.0.1:9")
    for hours in (20, 40, 60):
        assert forward(fleet, target, NOON + timedelta(hours=hours)) == 0
    with fleet.at(NOON):
        assert Target.objects.get().skipped is None


def test_a_filter_lets_only_its_devices_through(fleet: Fleet, private_allowed: None) -> None:
    with receiving() as receiver:
        wanted, other = fleet.device("Wanted"), fleet.device("Other")
        target = add(fleet, kind="http", url=receiver.url, filter={"devices": [wanted]})
        for device in (wanted, other):
            fleet.send(device, NOON + minutes(1), speed=1)
        assert forward(fleet, target, NOON + minutes(2)) == 1
        assert [one["device"] for one in json.loads(receiver.seen[0][2])] == [wanted]


def test_private_brokers_are_refused_unless_the_operator_allows(fleet: Fleet) -> None:
    config.current.cache_clear()
    target = add(fleet, kind="mqtt", url="mqtt://127.0.0.1:1883")
    fleet.send(fleet.device(), NOON + minutes(1), speed=1)
    assert forward(fleet, target, NOON + minutes(2)) == 0
    with fleet.at(NOON):
        assert Target.objects.get().error == "address_refused"


@pytest.mark.parametrize(
    "given",
    [{"kind": "mqtt", "url": "http://example.org"}, {"kind": "nats", "url": "nats://"},
     {"kind": "mqtt", "url": "mqtt://u:p@example.org"}, {"kind": "mqtt", "url": "mqtt://example.org", "topic": "a/#"},
     {"kind": "smoke", "url": "https://example.org"}, {"kind": "http", "url": "https://example.org", "name": ""}],
)  # fmt: skip
def test_impossible_targets_are_refused(fleet: Fleet, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        add(fleet, **given)


def test_what_commits_long_after_its_receipt_is_handed_over_once(fleet: Fleet, private_allowed: None) -> None:
    """A batch waited for its database for longer than a target waits: by its receipt it was passed already."""
    with receiving() as receiver:
        target, device = add(fleet, kind="http", url=receiver.url), fleet.device()
        fleet.send(device, NOON + minutes(3), speed=1)
        assert forward(fleet, target, NOON + minutes(4)) == 1
        fleet.send(device, NOON + minutes(2), speed=2)
        assert [forward(fleet, target, NOON + minutes(4) + timedelta(seconds=s)) for s in (3, 6)] == [1, 0]
        late = json.loads(receiver.seen[-1][2])
    assert [one["speed_kmh"] for one in late] == [2]


def test_programs_keep_targets(
    fleet: Fleet, private_allowed: None, token_of: Callable[..., str], stranger: Client
) -> None:
    token = token_of(["forwarding:read", "forwarding:write"], fleet.organisation)

    def call(method: str, path: str = "", body: Any = None, status: int = 200) -> Any:
        answer = stranger.generic(
            method, f"/api/v1/forwarding{path}", json.dumps(body) if body else "", "application/json",
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        assert answer.status_code == status, answer.content
        return json.loads(answer.content) if answer.content else None

    with receiving() as receiver:
        made = call("POST", body={"name": "T", "kind": "http", "url": receiver.url, "password": "theirs"}, status=201)
        assert "theirs" not in str(made)
        path = f"/{made['id']}"
        assert call("POST", f"{path}/test") == {"arrived": True, "error": ""}
        assert json.loads(receiver.seen[-1][2])[0]["attributes"] == {"test": True}
        assert receiver.seen[-1][1]["authorization"] == "Bearer theirs"
    assert call("POST", f"{path}/test")["arrived"] is False
    rests = call("PATCH", path, {"enabled": False, "name": "Other"})
    assert (rests["enabled"], rests["name"], rests["url"]) == (False, "Other", made["url"])
    call("PATCH", path, {"kind": "mqtt"}, 422)
    assert [one["id"] for one in call("GET")] == [made["id"]]
    call("DELETE", path, status=204)
    call("GET", path, status=404)
