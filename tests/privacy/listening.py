"""What processes listen on, as the kernel says it."""

from __future__ import annotations

import ipaddress
import os
import re
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TABLES = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
"""Tables of the kernel's sockets, and the state of one that waits for whoever comes."""
_SOCKET = re.compile(r"socket:\[(\d+)\]")


def family(pid: int) -> set[int]:
    """A process, and all that it and its children started."""
    found, waiting = {pid}, [pid]
    while waiting:
        one = waiting.pop()
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            with suppress(OSError):  # one that ended meanwhile
                new = {int(word) for word in children.read_text().split()} - found
                found |= new
                waiting += new
    return found


def listening(pids: Iterable[int]) -> set[tuple[str, str, int]]:
    """Kind (tcp or udp), address and port of each socket on which one of these processes waits for strangers.

    A process whose files may not be looked at (another user's, where even root may not trace) counts as holding
    whatever its user holds.
    """
    inodes: set[str] = set()
    users: set[str] = set()
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            try:
                inodes |= _inodes(pid)
            except PermissionError:
                users.add(_user(pid))
    found = set()
    for kind, state in _TABLES.items():
        for row in _rows(kind):
            if row[3] == state and (row[9] in inodes or row[7] in users):
                found.add((kind[:3], *_place(row[1])))
    return found


def _inodes(pid: int) -> set[str]:
    found = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):  # closed meanwhile
            if match := _SOCKET.fullmatch(os.readlink(entry.path)):
                found.add(match[1])
    return found


def _user(pid: int) -> str:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))


def _rows(kind: str) -> list[list[str]]:
    """Fields of each line: number, own address, the other's, state, …, user at 7, inode at 9."""
    try:
        lines = Path(f"/proc/net/{kind}").read_text().splitlines()[1:]
    except FileNotFoundError:  # a kernel without IPv6
        return []
    return [line.split() for line in lines]


def _place(text: str) -> tuple[str, int]:
    """``0100007F:1F90``: words of 32 bits in the byte order of the machine, then the port."""
    address, port = text.split(":")
    words = (int(address[at : at + 8], 16) for at in range(0, len(address), 8))
    return str(ipaddress.ip_address(b"".join(struct.pack("=I", word) for word in words))), int(port, 16)
