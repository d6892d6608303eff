"""How tests are run: parts side by side fail, tell and end together; the second server runs what it could change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.ports import free_ports
from tests.selection import ROOT, may_differ
from tests.waiting import PATIENCE_S, until

SIDE_BY_SIDE = [sys.executable, str(ROOT / "tools/side_by_side.py")]


def test_one_part_that_fails_fails_the_run_and_is_named() -> None:
    said = "echo '=== 1 failed, 2 passed in 3s ==='; echo 'FAILED tests/x.py::y - no'; exit 3"
    done = subprocess.run([*SIDE_BY_SIDE, "good=echo fine", f"bad={said}"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    end = done.stdout.splitlines()[-3:]
    assert end[0].startswith("== good: passed, ")
    assert end[1].startswith("== bad: FAILED with exit code 3, ")
    assert end[1].endswith("; 1 failed, 2 passed in 3s")
    assert end[2].split() == ["FAILED", "tests/x.py::y", "-", "no"]
    assert "== good\nfine\n" in done.stdout


def test_parts_that_all_pass_pass() -> None:
    assert subprocess.run([*SIDE_BY_SIDE, "a=true", "b=true"], capture_output=True, check=False).returncode == 0


def test_more_parts_than_run_at_once_all_have_their_turn() -> None:
    names = [f"p{number}" for number in range(2 * (os.cpu_count() or 2) + 1)]
    done = subprocess.run([*SIDE_BY_SIDE, *(f"{one}=exec sleep 0.1" for one in names)], capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0
    assert [line.partition(":")[0] for line in done.stdout.splitlines()[-len(names) :]] == [
        f"== {one}" for one in names
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_lets_its_parts_clean_up(tmp_path: Path, number: int) -> None:
    clean = "import signal, sys, time, pathlib\ntry:\n    pathlib.Path('began').touch()\n    time.sleep(900)\n"
    (tmp_path / "part.py").write_text(clean + "except KeyboardInterrupt:\n    pathlib.Path('cleaned').touch()\n")
    process = subprocess.Popen(
        [*SIDE_BY_SIDE, f"a={sys.executable} part.py; true", "b=exec sleep 900"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert until((tmp_path / "began").exists)
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == 128 + number
    assert sorted(one.name for one in tmp_path.iterdir()) == ["began", "cleaned", "part.py"]


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


def item(path: str, *fixtures: str, marks: tuple[str, ...] = ()) -> Any:
    """As pytest collects it."""
    asked = SimpleNamespace(name2fixturedefs={})
    marked = lambda name: name in marks  # noqa: E731
    return SimpleNamespace(path=ROOT / path, fixturenames=fixtures, _fixtureinfo=asked, get_closest_marker=marked)


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (item("tests/trips/test_rules.py"), False),
        (item("tests/trips/test_rules.py", "database"), True),
        (item("tests/chaos/test_life.py"), True),  # starts processes by a helper that it imports
        (item("tests/chaos/test_kill.py", marks=("embedded",)), False),
        (item("tests/kit/test_postgres.py"), True),
    ],
)
def test_what_a_server_or_a_user_may_change_runs_again(one: Any, kept: bool) -> None:
    assert may_differ(one) is kept


def test_a_profile_that_does_not_close_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.e2e import browser

    monkeypatch.setattr(browser, "PATIENCE_S", 0.2)
    stuck: Any = SimpleNamespace(close=lambda: until(lambda: False))
    limit = signal.getitimer(signal.ITIMER_REAL)[0]
    with pytest.warns(UserWarning, match="left with it"):
        browser.closed(stuck)
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= limit, "the limit of the test goes on"


def test_what_closes_is_closed() -> None:
    from tests.e2e import browser

    said: list[str] = []
    good: Any = SimpleNamespace(close=lambda: said.append("closed"))
    browser.closed(good)
    assert said == ["closed"]
