"""Programs that end when this process ends, however it ends.

The kernel signals a child when the *thread* that forked it ends (`PR_SET_PDEATHSIG`, see prctl(2)). So they
are started from the main thread, which lives as long as the process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _bound_to(parent: int, death_signal: int) -> Callable[[], None]:
    """What a fresh child does before it becomes its program: ask to be told when its parent ends."""

    def bind() -> None:
        if _libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent:  # it ended before the request: nobody would ever tell
            os._exit(1)

    return bind


def end_with_parent(death_signal: signal.Signals) -> None:
    """Ask that this process gets `death_signal` when its parent ends; called from the main thread."""
    _bound_to(os.getppid(), death_signal)()


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    run_as: tuple[int, int] | None = None,
    umask: int = -1,
    death_signal: signal.Signals = signal.SIGKILL,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that gets `death_signal` when this process ends, however it ends.

    It leads a process group of its own, so a terminal's Ctrl-C reaches it only through us, and reads nothing
    from the terminal. With `run_as` (uid, gid) it has that user and group and no other groups; `cwd` is
    entered before that change, so it may be a folder which that user could not walk to.
    Raises OSError when it cannot be started.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("processes are started from the main thread, or they end with the thread")
    uid, gid = run_as or (None, None)
    return subprocess.Popen(  # noqa: S603
        list(argv),
        env=None if env is None else dict(env),
        cwd=cwd,
        user=uid,
        group=gid,
        extra_groups=None if run_as is None else [],
        umask=umask,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        process_group=0,
        preexec_fn=_bound_to(os.getpid(), death_signal),
    )
