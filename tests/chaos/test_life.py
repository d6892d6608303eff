"""How the whole platform ends, and what it finds when it starts again."""

from __future__ import annotations

import os
import signal

import pytest

from tests.chaos.platform import Platform, data_folder, kill, platform
from tests.waiting import PATIENCE_S, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_a_killed_supervisor_leaves_no_process() -> None:
    """The very first start, from nothing."""
    with data_folder() as home, platform(home, migrated=False) as running:
        running.wait_ready()
        assert len(running.left()) >= 5
        assert until(lambda: _asks_for_jobs(running), 2 * PATIENCE_S), "the worker alone has to load all rooms"
        assert not [line for line in running.said if "Traceback" in line]
        kill(running.supervisor.pid)
        assert until(lambda: not running.left()), running.left()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_processes(signum: signal.Signals) -> None:
    """Ctrl-C goes to the whole foreground group of the terminal."""
    with data_folder() as home, platform(home) as running:
        running.wait_ready()
        os.killpg(running.supervisor.pid, signum)
        assert running.supervisor.wait(2 * PATIENCE_S) == 0
        assert until(lambda: not running.left()), running.left()
        assert not [line for line in running.said if "Traceback" in line]


def test_a_demo_finds_its_data_again() -> None:
    with data_folder() as home:
        with platform(home, "demo") as running:
            running.wait_ready()
            first = running.greeting
            assert set(first) >= {"account", "password", "token"}
            assert until(lambda: _moving(running.get("/api/v1/positions/latest", first["token"])) >= 20, 2 * PATIENCE_S)
            devices = running.get("/api/v1/devices", first["token"])[1]
            assert running.stop() == 0
            assert until(lambda: not running.left()), running.left()
        with platform(home, "demo") as again:
            again.wait_ready()
            assert again.greeting == first
            assert {d["id"] for d in again.get("/api/v1/devices", first["token"])[1]} == {d["id"] for d in devices}
            # Some devices report seldom: what had been reported by then is there again, for each of them.
            reported = {d["id"]: d["last_report"] for d in devices if d["last_report"]}
            assert len(reported) >= 20
            assert until(lambda: _none_older(again.get("/api/v1/devices", first["token"]), reported), 2 * PATIENCE_S)


def _asks_for_jobs(running: Platform) -> bool:
    """Whether the worker process has come so far."""
    query = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'allconnects-jobs'"
    with running.connect() as connection:
        return connection.execute(query).fetchone() is not None


def _moving(answer: tuple[int, object]) -> int:
    status, positions = answer
    if status != 200 or not isinstance(positions, list):
        return 0
    return sum(position["state"] == "moving" for position in positions)


def _none_older(answer: tuple[int, object], reported: dict[int, str]) -> bool:
    """Whether each of those devices has its earlier report or a later one; times are in one format."""
    status, devices = answer
    if status != 200 or not isinstance(devices, list):
        return False
    now = {device["id"]: device["last_report"] or "" for device in devices}
    return all(now.get(device, "") >= report for device, report in reported.items())
