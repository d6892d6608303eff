"""How tests are run: processes keep their ports apart; the second server runs what it could change."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from tests.ports import free_ports
from tests.selection import ROOT, may_differ


def test_two_processes_never_get_the_same_ports() -> None:
    ask = "from tests.ports import free_ports; print(*free_ports(200), flush=True); input()"
    ports = [free_ports(1)]
    command = [sys.executable, "-c", ask]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        ports.append([int(word) for word in process.stdout.readline().split()])
    for process in processes:
        process.communicate("\n")
    assert len(set().union(*ports)) == 401


def item(path: str, *fixtures: str) -> Any:
    """As pytest collects it."""
    return SimpleNamespace(path=ROOT / path, fixturenames=fixtures, _fixtureinfo=SimpleNamespace(name2fixturedefs={}))


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (item("tests/trips/test_rules.py"), False),
        (item("tests/trips/test_rules.py", "database"), True),
        (item("tests/chaos/test_kill.py"), True),  # starts processes by a helper that it imports
        (item("tests/kit/test_postgres.py"), True),
    ],
)
def test_what_a_server_or_a_user_may_change_runs_again(one: Any, kept: bool) -> None:
    assert may_differ(one) is kept
