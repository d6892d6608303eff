"""Servers and backends that an earlier run left behind in a cluster.

A server told to stop by the death of its parent needs a moment; the backends of a server that was killed may
still work on shared memory. Until they are gone a new server must not touch the files. They are recognised by
their working folder, which for every process of a PostgreSQL server is the cluster itself.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from pathlib import Path

from allconnects.kit.postgres.errors import DatabaseError

log = logging.getLogger(__name__)

_PROGRAMS = {"postgres", "initdb"}
_STEPS = ((None, 1.0), (signal.SIGTERM, 3.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 5.0))
SERVING_PATIENCE_S = 10.0
STOPPING_PATIENCE_S = 300.0
_REPORT_EVERY_S = 5.0


def living_in(data: Path) -> list[int]:
    """Ids of the PostgreSQL processes whose working folder is `data`."""
    if not data.is_dir():
        return []
    here = data.stat()
    return [pid for pid in _all_pids() if _lives_in(pid, here)]


def clear(data: Path) -> None:
    """Return when no process of an earlier server works in `data`, whose lock we hold.

    Waits for one that is stopping, ends what has lost its server, and raises DatabaseError for one that goes
    on serving: somebody else started it.
    """
    _wait_for_server(data)
    for signum, patience_s in _STEPS:
        for pid in living_in(data):
            if signum is not None:
                _send(pid, signum, data)
        if _gone_within(data, patience_s):
            (data / "postmaster.pid").unlink(missing_ok=True)
            return
    raise DatabaseError(f"processes of an earlier database server in {data} cannot be ended")


def status(data: Path) -> tuple[int, str] | None:
    """Process id and state (starting, ready, stopping) that the server of `data` wrote down, if any."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
    except (OSError, ValueError, IndexError):
        return None


def _wait_for_server(data: Path) -> None:
    begin = said = time.monotonic()
    while (server := status(data)) is not None and server[0] in living_in(data):
        waited = time.monotonic() - begin
        if waited > (STOPPING_PATIENCE_S if server[1] == "stopping" else SERVING_PATIENCE_S):
            raise DatabaseError(f"another database server (process {server[0]}) runs on {data}: stop it first")
        if time.monotonic() - said > _REPORT_EVERY_S:
            log.info("waiting for an earlier database server to stop: %d s so far", waited)
            said = time.monotonic()
        time.sleep(0.05)


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _lives_in(pid: int, here: os.stat_result) -> bool:
    try:
        if Path(f"/proc/{pid}/comm").read_text().strip() not in _PROGRAMS:
            return False
        return os.path.samestat(os.stat(f"/proc/{pid}/cwd"), here)
    except OSError:  # it ended, or it is another user's
        return False


def _send(pid: int, signum: signal.Signals, data: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.pidfd_open(pid)
        try:
            if pid in living_in(data):  # the number may have gone to another process meanwhile
                signal.pidfd_send_signal(handle, signum)
        finally:
            os.close(handle)


def _gone_within(data: Path, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while living_in(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
