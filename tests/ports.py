"""Ports for servers that tests start."""

from __future__ import annotations

import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses, each given once: from below those that the system gives to outgoing connections, where
    one that is free now may be taken before the server that it is meant for has started."""
    first = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32768
    wanted = random.SystemRandom().sample(range(first // 2, first), 400 + 10 * count)
    found = [port for port in wanted if port not in _given and _is_free(port)][:count]
    assert len(found) == count
    _given.update(found)
    return found


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        try:
            stream.bind((HOST, port))
            datagrams.bind((HOST, port))
        except OSError:
            return False
    return True
