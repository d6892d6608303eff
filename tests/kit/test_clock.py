"""The clock that tests hold still."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from allconnects.kit import clock
from tests.waiting import PATIENCE_S

FIRST = datetime(2026, 3, 29, 1, tzinfo=UTC)
SECOND = datetime(2026, 10, 25, 1, tzinfo=UTC)


def test_the_newest_hold_counts() -> None:
    with clock.at(FIRST):
        with clock.at(SECOND):
            assert clock.now() == SECOND
        assert clock.now() == FIRST
    assert abs(clock.now().timestamp() - time.time()) < 3600


def test_it_goes_on_whichever_thread_lets_go_first() -> None:
    inside, leave = threading.Barrier(2), threading.Event()

    def hold() -> None:
        with clock.at(FIRST):
            inside.wait(PATIENCE_S)
            leave.wait(PATIENCE_S)

    other = threading.Thread(target=hold)
    other.start()
    with clock.at(SECOND):
        inside.wait(PATIENCE_S)
    assert clock.now() == FIRST
    leave.set()
    other.join(PATIENCE_S)
    assert abs(clock.now().timestamp() - time.time()) < 3600
