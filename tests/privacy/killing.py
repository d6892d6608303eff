"""A process that carries erasures out and is killed at a point that a test names: by SIGKILL, amid its work.

Started once; for each erasure it forks, so that a death costs no imports. Nothing is open before it forks.
"""

from __future__ import annotations

import signal
import subprocess
from uuid import UUID

from tests.kit.running import line, script

POINTS = (
    "fence:before", "fence:after", "mark:before", "mark:ledger", "mark:after", "stop:after", "rows:1", "rows:40",
    "rows:after", "keys:before", "keys:ledger", "keys:after", "clear:after", "tell:after", "verify:after",
    "close:before", "close:commit", "close:after",
)  # fmt: skip
"""Step and moment: before it; when its work is done and nothing says so yet; in the middle of ``rows`` behind so many
statements, before they are committed; between database and ledger; before the last commit."""
_CODE = """
    import os, signal, sys, time
    from uuid import UUID
    import django
    from allconnects.kit import db

    db.set_process_role("web")
    django.setup()
    from allconnects.privacy.erasure import engine, marks, rows
    from allconnects.privacy.vault import changes

    def die(*args, **more):
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600)

    def set_up(point):
        step, _, moment = point.partition(":")
        if moment == "before":
            engine._ACTIONS[step] = die
        elif moment == "after":
            action = engine._ACTIONS[step]
            engine._ACTIONS[step] = lambda one: (action(one), die())
        elif point == "mark:ledger":
            marks.note = die
        elif point == "keys:ledger":
            changes.reconcile = die
        elif point == "close:commit":
            engine.audit.record = die
        elif step == "rows":
            left, real = [int(moment)], rows.Rows._run
            def counted(self, statement):
                left[0] -= 1
                if left[0] > 0:
                    return real(self, statement)
                with self.connection.transaction():
                    self.connection.execute(statement.encode(), self.params)
                    die()
            rows.Rows._run = counted

    print("ready", flush=True)
    for wanted in sys.stdin:
        organisation, erasure, point = wanted.split()
        if (pid := os.fork()) == 0:
            if point != "-":
                set_up(point)
            # The server lets the lock of a killed process go as soon as it sees that the process is gone.
            while engine.run(int(organisation), UUID(erasure)) == "running":
                time.sleep(0.05)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Victims:
    """Runs erasures in processes that die where they are told to."""

    def __init__(self) -> None:
        self._process = script(_CODE, stdin=subprocess.PIPE)
        self._said()

    def _said(self) -> str:
        """Its next word; lines of the log are none."""
        while True:
            said = line(self._process)
            if said == "ready" or said.lstrip("-").isdecimal():
                return said

    def run(self, organisation: int, erasure: UUID, point: str = "-") -> bool:
        """Carry an erasure out until a point; whether it was killed there."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{organisation} {erasure} {point}\n")
        self._process.stdin.flush()
        ended = int(self._said())
        assert ended in (0, -signal.SIGKILL), f"ended with {ended}"
        return ended != 0

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
