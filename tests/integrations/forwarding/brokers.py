"""Debian's mosquitto and nats-server on ports of their own, and clients that keep what they hear."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import HOST
from tests.waiting import PATIENCE_S, until


def program(name: str) -> str:
    """Its path; without it the test is skipped, and fails where CI is set."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"no {name}: .ci/run installs it")
    pytest.skip(f"no {name} on this machine (Debian's package has that name)")


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """A broker until the end of the block."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: _listens(port)), "the broker did not start"
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def mosquitto(folder: Path, port: int) -> Iterator[None]:
    """A broker with a persistent store."""
    folder.mkdir(exist_ok=True)
    (folder / "conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    with running([program("mosquitto"), "-c", str(folder / "conf")], port):
        yield


@contextmanager
def nats_server(port: int) -> Iterator[None]:
    """A server without storage."""
    with running([program("nats-server"), "-a", "127.0.0.1", "-p", str(port)], port):
        yield
