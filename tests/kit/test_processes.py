"""The supervisor, with real processes and real signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from allconnects.kit.errors import AllconnectsError
from allconnects.kit.processes import Child, ProcessError, Supervisor
from allconnects.kit.spawn import _bound_to, spawn
from tests.kit.running import alive, line, script
from tests.waiting import PATIENCE_S, until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]

MEMBER = """
import os, signal, sys, time
from pathlib import Path
from allconnects.kit.spawn import spawn
folder, name, stubborn = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "stubborn"
grandchild = spawn([sys.executable, "-c", "import time; time.sleep(600)"])
def end(*_):
    with open(folder / "ended", "a") as file:
        file.write(name + chr(10))
    sys.exit(0)
signal.signal(signal.SIGTERM, (lambda *_: (folder / "asked").touch()) if stubborn else end)
(folder / (name + ".new")).write_text(f"{os.getpid()} {grandchild.pid}")
(folder / (name + ".new")).rename(folder / name)
while True:
    time.sleep(600)
"""

FAMILY = """
import sys
from pathlib import Path
from allconnects.kit.processes import Child, Supervisor
member, folder, kind, grace_s = sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])
supervisor = Supervisor()
for name in ("one", "two", "three"):
    argv = [sys.executable, "-c", member, str(folder), name, kind]
    supervisor.add(Child(name, argv, ready=(folder / name).exists, grace_s=grace_s))
with supervisor:
    assert supervisor.wait_ready(60)
    print("ready")
    supervisor.run()
print("stopped")
"""


def _family(folder: Path, kind: str = "mild", grace_s: float = 1.0) -> tuple[subprocess.Popen[str], list[int]]:
    process = script(FAMILY, MEMBER, folder, kind, grace_s)
    assert line(process) == "ready"
    pids = [int(pid) for name in ("one", "two", "three") for pid in (folder / name).read_text().split()]
    assert all(alive(pid) for pid in pids)
    return process, pids


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_in_reverse_order(tmp_path: Path, signum: signal.Signals) -> None:
    process, pids = _family(tmp_path)
    process.send_signal(signum)
    assert line(process) == "stopped"
    assert process.wait(PATIENCE_S) == 0
    assert (tmp_path / "ended").read_text().split() == ["three", "two", "one"]
    assert until(lambda: not any(map(alive, pids)))


def test_kill_of_the_supervisor_ends_children_and_grandchildren(tmp_path: Path) -> None:
    process, pids = _family(tmp_path, "stubborn")
    process.kill()
    process.wait(PATIENCE_S)
    assert until(lambda: not any(map(alive, pids)))


def test_who_does_not_end_by_itself_is_killed(tmp_path: Path) -> None:
    process, pids = _family(tmp_path, "stubborn")
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
    assert time.monotonic() - begin >= 3.0, "a second of grace for each of three"
    assert until(lambda: not any(map(alive, pids)))


def test_a_second_signal_kills_at_once(tmp_path: Path) -> None:
    process, pids = _family(tmp_path, "stubborn", grace_s=600.0)
    process.send_signal(signal.SIGINT)
    assert until((tmp_path / "asked").exists)
    assert all(map(alive, pids))
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 0
    assert until(lambda: not any(map(alive, pids)))


def test_who_falls_is_started_again_and_leaves_nothing_behind(tmp_path: Path) -> None:
    process, pids = _family(tmp_path)
    os.kill(pids[2], signal.SIGKILL)
    assert until(lambda: (tmp_path / "two").read_text().split() not in ([], [str(p) for p in pids[2:4]]))
    assert until(lambda: not alive(pids[3]))
    assert all(map(alive, pids[:2] + pids[4:]))
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0


class Falling:
    """A member that never comes up."""

    name = "falling"
    grace_s = 1.0
    process: subprocess.Popen[bytes] | None = None

    def __init__(self, ends: bool) -> None:
        self.ends = ends
        self.launches: list[float] = []

    def launch(self) -> None:
        self.launches.append(time.monotonic())
        if not self.ends:
            raise AllconnectsError("no")
        self.process = spawn(["/bin/true"])

    def poll(self) -> int | None:
        return self.process.poll() if self.process else None

    def is_ready(self) -> bool:
        return False

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


@pytest.mark.parametrize("ends", [True, False])
def test_the_pause_before_a_restart_doubles_up_to_its_limit(ends: bool, caplog: pytest.LogCaptureFixture) -> None:
    member = Falling(ends)
    supervisor = Supervisor(first_delay_s=0.2, longest_delay_s=0.4)
    supervisor.add(member)
    with supervisor:
        supervisor.start()
        assert until(lambda: _never_ready(supervisor, "falling") and len(_planned(caplog)) > 3)
    assert _planned(caplog)[:4] == ["0.2", "0.4", "0.4", "0.4"]
    pauses = [b - a for a, b in pairwise(member.launches)]
    assert pauses[0] >= 0.2
    assert all(pause >= 0.4 for pause in pauses[1:])


def _never_ready(supervisor: Supervisor, name: str) -> bool:
    with pytest.raises(ProcessError, match=name):
        supervisor.wait_ready(0.1)
    return True


def _planned(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The pauses that the supervisor told of, in seconds."""
    found = (re.search(r"again in ([\d.]+) s", record.getMessage()) for record in caplog.records)
    return [one[1] for one in found if one]


def test_after_a_healthy_while_the_pause_is_short_again(caplog: pytest.LogCaptureFixture) -> None:
    child = Child("sleeper", SLEEPER)
    supervisor = Supervisor(first_delay_s=0.01, longest_delay_s=60.0, healthy_s=0.05)
    supervisor.add(child)
    with supervisor:
        supervisor.start()
        for _ in range(6):
            assert child.process is not None
            pid = child.process.pid
            time.sleep(0.06)
            supervisor.wait_ready(PATIENCE_S)
            os.kill(pid, signal.SIGKILL)
            assert until(lambda: child.poll() is not None)
            assert supervisor.wait_ready(PATIENCE_S)
    assert _planned(caplog) == ["0.0"] * 6, "0.01 s doubled four times would be 0.2"


def test_waiting_names_who_is_not_ready() -> None:
    supervisor = Supervisor()
    supervisor.add(Child("quick", SLEEPER))
    supervisor.add(Child("slow", SLEEPER, ready=lambda: False))
    with supervisor:
        supervisor.start()
        with pytest.raises(ProcessError, match=r"after 0\.3 s: slow$"):
            supervisor.wait_ready(0.3)


def test_a_program_that_is_missing_is_told_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    supervisor = Supervisor()
    supervisor.add(Child("ghost", ["/nonexistent/program"]))
    with supervisor:
        supervisor.start()
        assert until(
            lambda: (
                _never_ready(supervisor, "ghost")
                and sum("ghost cannot start" in record.message for record in caplog.records) >= 2
            )
        )


def test_the_signals_are_given_back() -> None:
    before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)]
    with Supervisor():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)] == before


def test_under_nohup_the_terminal_may_go() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Supervisor():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_child_leads_its_own_group_and_reads_no_terminal() -> None:
    process = spawn(SLEEPER)
    try:
        assert os.getpgid(process.pid) == process.pid
        assert os.readlink(f"/proc/{process.pid}/fd/0") == "/dev/null"
    finally:
        process.kill()
        process.wait()


def test_a_child_whose_parent_is_gone_already_ends() -> None:
    orphan = subprocess.Popen(SLEEPER, preexec_fn=_bound_to(os.getpid() + 1, signal.SIGKILL))
    assert orphan.wait(PATIENCE_S) == 1


def test_only_the_main_thread_starts_processes() -> None:
    caught: list[BaseException] = []

    def attempt() -> None:
        try:
            spawn(SLEEPER)
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert len(caught) == 1
