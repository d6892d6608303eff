"""Work in the background that leaves the machine to others, as PostgreSQL's own vacuum does.

A long deletion in short transactions still takes a core and the disk for as long as it lasts, and whoever waits for an
answer meanwhile waits longer. Resting after each piece spreads it: of any moment only a part is slower.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

FEWEST, MOST = 50, 2_000


@dataclass(slots=True)
class Pace:
    """How fast to go. ``share``: of the time that is worked; ``free_s``: worked before the first rest, so that what is
    small is done at once; ``most_s``: rested in all at most, so that on a slow machine it ends too; ``piece_s``: what
    one piece should take."""

    share: float = 0.125
    free_s: float = 0.2
    most_s: float = 20.0
    piece_s: float = 0.03
    piece: int = 200
    worked_s: float = 0.0
    rested_s: float = 0.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic

    def rest(self, began: float) -> None:
        """After a piece of work, a transaction of its own, that changed something and began at ``now()``."""
        took = self.now() - began
        self.worked_s += took
        self._fit(took)
        self._rest(took)

    def _fit(self, took: float) -> None:
        """Make the next piece smaller after one that took long, and larger after a quick one."""
        factor = 2.0 if took < self.piece_s / 2 else 0.5 if took > self.piece_s * 2 else 1.0
        self.piece = max(FEWEST, min(MOST, int(self.piece * factor)))

    def _rest(self, took: float) -> None:
        if self.worked_s <= self.free_s:
            return
        rest = min(took * (1 / self.share - 1), self.most_s - self.rested_s)
        if rest > 0:
            self.rested_s += rest
            self.sleep(rest)
