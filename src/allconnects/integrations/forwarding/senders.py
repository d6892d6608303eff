"""One batch to a broker or server: it is handed over when its receiver says so, else the call raises.

Connections go to an address that ``alerts.delivery.guard`` judged, whatever the name answers a moment later.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from allconnects.alerts.delivery import guard
from allconnects.alerts.delivery.http import Unreachable, post
from allconnects.integrations.forwarding.models import Kind

WITHIN_S = 20.0
DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883, "nats": 4222, "tls": 4222}
SCHEMES = {Kind.MQTT: ("mqtt", "mqtts"), Kind.NATS: ("nats", "tls"), Kind.HTTP: ("https", "http")}
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Address:
    """Where to: ``host`` is what certificates say, ``topic`` holds ``{device}``."""

    kind: str
    url: str
    topic: str
    username: str = ""
    password: str = ""

    def split(self) -> tuple[str, str, int]:
        """Scheme, host and port of a broker. Raises Refused."""
        try:
            parts = urlsplit(self.url)
            port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        except ValueError:
            raise guard.Refused("not an address") from None
        if not parts.hostname or not port or parts.scheme not in SCHEMES[Kind(self.kind)]:
            raise guard.Refused("not an address")
        return parts.scheme, parts.hostname, port


Message = dict[str, Any]


def send(address: Address, messages: Sequence[Message]) -> None:
    """Hand over all messages. Raises Refused, Unreachable; then some may have arrived, and all are sent again."""
    {"mqtt": _mqtt, "nats": _nats, "http": _http}[address.kind](address, messages)


def _topic(address: Address, message: Message) -> str:
    return address.topic.replace("{device}", str(message["device"]))


def _http(address: Address, messages: Sequence[Message]) -> None:
    """One POST with a list. ``Idempotency-Key`` is the same when the same list is sent again."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{messages[0]['id']}-{messages[-1]['id']}"}
    if address.password:
        headers["Authorization"] = f"Bearer {address.password}"
    answer = post(address.url, _encode(list(messages)), headers, WITHIN_S)
    if not 200 <= answer.status < 300:
        raise Unreachable(f"status_{answer.status}")


class _Pinned(mqtt.Client):
    """Connects to the address that was judged; the name stays for the certificate."""

    pinned: tuple[str, int] = ("", 0)

    def _create_socket_connection(self) -> socket.socket:
        return socket.create_connection(self.pinned, WITHIN_S)


def _mqtt(address: Address, messages: Sequence[Message]) -> None:
    """QoS 1: each message is answered by the broker before the batch counts as handed over."""
    scheme, host, port = address.split()
    client = _Pinned(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, reconnect_on_failure=False)
    client.pinned = (guard.judge(host, port), port)
    client.max_inflight_messages_set(100)
    if scheme == "mqtts":
        client.tls_set_context(ssl.create_default_context())
    if address.username:
        client.username_pw_set(address.username, address.password)
    answered, refused = threading.Event(), []

    def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            refused.append("refused")
        answered.set()

    client.on_connect = connected
    try:
        client.connect(host, port)
        client.loop_start()
        if not answered.wait(WITHIN_S) or refused:
            raise Unreachable(refused[0] if refused else "timeout")
        sent = [client.publish(_topic(address, one), _encode(one), qos=1) for one in messages]
        for one in sent:
            one.wait_for_publish(WITHIN_S)
            if not one.is_published():
                raise Unreachable("timeout")
    except (OSError, ValueError, RuntimeError) as error:
        raise Unreachable("connection") from error
    finally:
        client.disconnect()
        client.loop_stop()


def _nats(address: Address, messages: Sequence[Message]) -> None:
    asyncio.run(_nats_batch(address, messages))


async def _nats_batch(address: Address, messages: Sequence[Message]) -> None:
    """Published, then flushed: the server answers a ping behind the last message only when it has read all."""
    import nats  # here, because it brings aiohttp into every process that starts
    import nats.errors

    scheme, host, port = address.split()
    options: dict[str, Any] = {"allow_reconnect": False, "connect_timeout": WITHIN_S, "error_cb": _quiet}
    if scheme == "tls":
        options |= {"tls": ssl.create_default_context(), "tls_hostname": host}
    if address.username:
        options |= {"user": address.username, "password": address.password}
    literal = guard.judge(host, port)
    literal = f"[{literal}]" if ":" in literal else literal
    try:
        connection = await nats.connect(f"{scheme}://{literal}:{port}", **options)
        try:
            for one in messages:
                await connection.publish(_topic(address, one).replace("/", "."), _encode(one))
            await connection.flush(int(WITHIN_S))
            if connection.last_error is not None:
                raise Unreachable("refused")
        finally:
            await connection.close()
    except (OSError, nats.errors.Error, TimeoutError) as error:
        raise Unreachable("connection") from error


async def _quiet(_error: Exception) -> None:
    """Errors come back from flush; nothing of them is logged, for they may name the address."""
