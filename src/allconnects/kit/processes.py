"""Child processes that end with this one, and are started again when they fall.

All of it is called from the main thread: see `allconnects.kit.spawn`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol, Self

from allconnects.kit.errors import AllconnectsError
from allconnects.kit.spawn import spawn

log = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_S = 0.1
KILL_WAIT_S = 7.0


class ProcessError(AllconnectsError):
    """A process of ours does not do what it must."""

    code = "process"


class Member(Protocol):
    """What a supervisor can keep alive."""

    @property
    def name(self) -> str: ...

    @property
    def grace_s(self) -> float:
        """How long it may take to end by itself once asked, in seconds."""

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The present or last process; None before the first launch."""

    def launch(self) -> None:
        """Start it without waiting until it is ready; raises AllconnectsError or OSError."""

    def poll(self) -> int | None:
        """The return code, or None while it runs."""

    def is_ready(self) -> bool: ...

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it now; a second call leaves it no choice."""


@dataclass
class Child:
    """A program with its arguments; `ready` says whether it does its work, and must answer quickly."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    ready: Callable[[], bool] | None = None
    grace_s: float = 10.0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def launch(self) -> None:
        self.process = spawn(self.argv, env=self.env)

    def poll(self) -> int | None:
        if self.process is None:
            return None
        if self.process.returncode is None and _has_ended(self.process.pid):
            # Before the number is given back: what it started and left behind ends with it.
            self._signal_group(signal.SIGKILL)
        return self.process.poll()

    def is_ready(self) -> bool:
        if self.process is None or self.poll() is not None:
            return False
        return self.ready is None or self.ready()

    def terminate(self) -> None:
        self._signal_group(signal.SIGTERM)

    def kill(self) -> None:
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, signum: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signum)


def _has_ended(pid: int) -> bool:
    """Whether a child of ours has ended; it stays to be waited for."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False


@dataclass
class _Watch:
    member: Member
    delay_s: float
    started_at: float = 0.0
    restart_at: float | None = None


class Supervisor:
    """Starts its members in order, starts again what ends, and stops them in reverse order.

    A member that ends is started again after 0.2 s, then after twice that at each further fall up to 10 s;
    30 s of life make it the first time again. SIGINT, SIGTERM and SIGHUP stop all; a second one kills all.
    """

    def __init__(self, *, first_delay_s: float = 0.2, longest_delay_s: float = 10.0, healthy_s: float = 30.0) -> None:
        self._first_delay_s = first_delay_s
        self._longest_delay_s = longest_delay_s
        self._healthy_s = healthy_s
        self._watches: list[_Watch] = []
        self._stop_requests = 0
        self._wake: int | None = None
        self._held = contextlib.ExitStack()

    def add(self, member: Member) -> None:
        """Take a member in, to be started after those before it; one that runs already is left running."""
        self._watches.append(_Watch(member, self._first_delay_s, time.monotonic()))

    @property
    def stopping(self) -> bool:
        return self._stop_requests > 0

    def start(self) -> None:
        """Start every member that does not run yet."""
        with self._signals():
            self._start()

    def wait_ready(self, timeout_s: float) -> bool:
        """Start what does not run and supervise until all are ready; False when asked to stop before that.

        Raises ProcessError, naming who is not ready, when `timeout_s` seconds were not enough.
        """
        deadline = time.monotonic() + timeout_s
        with self._signals() as wake:
            self._start()
            while not self.stopping:
                self._tick()
                late = [w.member.name for w in self._watches if not w.member.is_ready()]
                if not late:
                    return True
                if time.monotonic() > deadline:
                    raise ProcessError(f"not ready after {timeout_s:g} s: {', '.join(late)}")
                _sleep(wake, POLL_S)
        return False

    def run(self) -> None:
        """Start what does not run, keep all alive until a signal asks to stop, then stop all."""
        with self._signals() as wake:
            try:
                self._start()
                while not self.stopping:
                    self._tick()
                    _sleep(wake, self._next_look_s())
            finally:
                self.stop()

    def stop(self) -> None:
        """Stop every member, the last added first."""
        self._stop_requests = max(1, self._stop_requests)
        with self._signals() as wake:
            for watch in reversed(self._watches):
                if watch.member.process is not None:
                    self._end(watch.member, wake)

    def __enter__(self) -> Self:
        """Hold the signals for the whole block: one that comes between two calls is not lost."""
        self._wake = self._held.enter_context(_signals(self._on_signal))
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            self._wake = None
            self._held.close()

    def _signals(self) -> contextlib.AbstractContextManager[int]:
        return _signals(self._on_signal) if self._wake is None else contextlib.nullcontext(self._wake)

    def _start(self) -> None:
        for watch in self._watches:
            if watch.member.process is None and watch.restart_at is None and not self.stopping:
                self._launch(watch)

    def _tick(self) -> None:
        for watch in self._watches:
            if watch.restart_at is None:
                self._look_after(watch)
            elif time.monotonic() >= watch.restart_at and not self.stopping:
                self._launch(watch)

    def _look_after(self, watch: _Watch) -> None:
        code = watch.member.poll()
        if code is not None:
            self._plan_restart(watch, _ending(code))
        elif time.monotonic() - watch.started_at >= self._healthy_s:
            watch.delay_s = self._first_delay_s

    def _launch(self, watch: _Watch) -> None:
        watch.restart_at = None
        watch.started_at = time.monotonic()
        try:
            watch.member.launch()
        except (AllconnectsError, OSError, subprocess.SubprocessError) as error:
            self._plan_restart(watch, f"cannot start: {error}")

    def _plan_restart(self, watch: _Watch, why: str) -> None:
        if self.stopping:
            return
        log.warning("%s %s; starting it again in %.1f s", watch.member.name, why, watch.delay_s)
        watch.restart_at = time.monotonic() + watch.delay_s
        watch.delay_s = min(watch.delay_s * 2, self._longest_delay_s)

    def _next_look_s(self) -> float:
        """Seconds until a restart is due; a child that ends wakes the loop before that."""
        due = [w.restart_at for w in self._watches if w.restart_at is not None]
        return max(0.0, min([1.0, *(at - time.monotonic() for at in due)]))

    def _end(self, member: Member, wake: int) -> None:
        member.terminate()
        if self._wait(member, wake, lambda: 0.0 if self._stop_requests > 1 else member.grace_s):
            return
        log.warning("%s does not end by itself; killing it", member.name)
        for _ in range(2):
            member.kill()
            if self._wait(member, wake, lambda: KILL_WAIT_S):
                return

    def _wait(self, member: Member, wake: int, allowed_s: Callable[[], float]) -> bool:
        begin = time.monotonic()
        while member.poll() is None:
            if time.monotonic() - begin >= allowed_s():
                return False
            _sleep(wake, POLL_S)
        return True

    def _on_signal(self, signum: int, _frame: FrameType | None) -> None:
        if signum == signal.SIGCHLD:  # only there to wake the loop
            return
        self._stop_requests += 1
        if self._stop_requests > 1:
            for watch in self._watches:
                watch.member.kill()


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


@contextlib.contextmanager
def _signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[int]:
    """Take the stop signals and SIGCHLD for a while; yields a descriptor that each of them makes readable."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    earlier_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    wanted = [*STOP_SIGNALS, signal.SIGCHLD]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # nohup: the terminal may go
        wanted.remove(signal.SIGHUP)
    earlier = {s: signal.signal(s, handler) for s in wanted}
    try:
        yield reader
    finally:
        for signum, before in earlier.items():
            signal.signal(signum, before)
        signal.set_wakeup_fd(earlier_fd)
        os.close(reader)
        os.close(writer)


def _sleep(wake: int, seconds: float) -> None:
    """Sleep until a signal arrives, at most `seconds`."""
    if select.select([wake], [], [], seconds)[0]:
        with contextlib.suppress(BlockingIOError):
            os.read(wake, 4096)
