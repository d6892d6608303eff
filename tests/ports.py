"""Ports for servers that tests start."""

from __future__ import annotations

import random
import socket
from functools import cache
from itertools import islice
from pathlib import Path

HOST = "127.0.0.1"
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_BLOCKS = 16
_given: set[int] = set()
_claims: list[socket.socket] = []


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses, each given once: from below those that the system gives to outgoing connections, where
    one that is free now may be taken before the server that it is meant for has started; and from a block that no other
    test process of this machine takes from."""
    wanted = list(_block())
    random.SystemRandom().shuffle(wanted)
    found = list(islice((port for port in wanted if port not in _given and _is_free(port)), count))
    assert len(found) == count
    _given.update(found)
    return found


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


@cache
def _block() -> range:
    """The ports of this process: a name that the system forgets when it ends says that the block is taken."""
    first = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32768
    size = first // 2 // _BLOCKS
    blocks = [range(start, start + size) for start in range(first // 2, first - size + 1, size)]
    for block in random.SystemRandom().sample(blocks, len(blocks)):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0allconnects-test-ports-{block.start}")
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return block
    raise AssertionError(f"{_BLOCKS} test processes run on this machine")


def _is_free(port: int) -> bool:
    with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        try:
            stream.bind((HOST, port))
            datagrams.bind((HOST, port))
        except OSError:
            return False
    return True
