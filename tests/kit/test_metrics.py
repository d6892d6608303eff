"""Metrics of a process that runs alone: on 127.0.0.1, at the port that is set, or not at all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.kit.running import script
from tests.waiting import PATIENCE_S

SERVE = """
    import sys
    from prometheus_client import Counter
    from allconnects.kit import metrics
    Counter("seen", "Seen").inc()
    metrics.serve()
    print("serving", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> int:
    """A free port that the setting names."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    monkeypatch.setenv("ALLCONNECTS_HOME", str(tmp_path))
    monkeypatch.setenv("ALLCONNECTS_METRICS_PORT", str(number))
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    return number


def _serving() -> subprocess.Popen[str]:
    process = script(SERVE, stdin=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "serving\n"
    return process


def test_a_process_alone_shows_its_numbers(port: int) -> None:
    with _serving() as process:
        answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S).read()
        process.communicate("")
    assert b"seen_total 1.0" in answer


def test_a_process_among_others_leaves_that_to_the_web_process(
    port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    with _serving() as process:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        process.communicate("")


def test_a_port_that_is_taken_is_said_in_one_line(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        done = subprocess.run(
            [sys.executable, "-m", "allconnects", "gateway"],
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"allconnects: port {port} of ALLCONNECTS_METRICS_PORT cannot be opened: ")
    assert done.stderr.count("\n") == 1
