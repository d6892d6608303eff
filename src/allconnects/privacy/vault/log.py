"""The log of unwrapping: which key, by whom, for what, in which minute, how often.

Sealing touches the same keys thousands of times: that is counted, and written every few seconds. Every other purpose
is written before the key is handed out, the first time in a minute; the rest of that minute is counted too.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from allconnects.kit import clock
from allconnects.privacy.vault.rows import Connection
from allconnects.privacy.vault.states import STORAGE

KEPT_DAYS = 365
USES_KEPT_DAYS = 730
_MOST_COUNTED = 5_000

Connect = Callable[[], AbstractContextManager[Connection]]


class Use(NamedTuple):
    """What one row of the log counts."""

    minute: datetime
    organisation: int
    key: UUID
    who: str
    purpose: str


class UnwrapLog:
    """Counts in memory, rows in the database. Used by many threads."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._counts: Counter[Use] = Counter()
        self._written: set[Use] = set()
        self._months: set[tuple[int, int]] = set()

    def note(self, organisation: int, ids: Iterable[UUID], who: str, purpose: str) -> None:
        """Count a use of each key. Raises when it must be written and cannot: then no key is handed out."""
        minute = clock.now().replace(second=0, microsecond=0)
        uses = [Use(minute, organisation, key, who, purpose) for key in ids]
        first = [] if purpose == STORAGE else [use for use in uses if use not in self._written]
        if first:
            self._write(Counter(first))
        with self._lock:
            if first:
                self._written = {use for use in self._written if use.minute == minute} | set(first)
            self._counts.update(Counter(uses) - Counter(first))
            full = len(self._counts) > _MOST_COUNTED
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what was counted; it is counted on when that fails."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            self._write(counts)
        except BaseException:
            with self._lock:
                self._counts.update(counts)
            raise

    def _write(self, counts: Counter[Use]) -> None:
        months = {(use.minute.year, use.minute.month): use.minute.date() for use in counts}
        with self._connect() as connection, connection.transaction(), connection.cursor() as cursor:
            for month in months.keys() - self._months:
                cursor.execute("SELECT vault_make_partition(%s)", (months[month],))
            cursor.executemany(
                "INSERT INTO vault_unwrap (minute, organisation_id, key_id, who, purpose, count) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                [(*use, count) for use, count in counts.items()],
            )
        self._months |= months.keys()


def forget_old(connection: Connection) -> None:
    """Make room for this month and the next, and drop the months of the log that ended over a year ago.

    Uses of national numbers are kept as long as the access log: two years.
    """
    today = clock.now().date()
    for day in (today, today.replace(day=1) + timedelta(days=32)):
        connection.execute("SELECT vault_make_partition(%s)", (day,))
    connection.execute("SELECT count(*) FROM vault_drop_partitions(%s)", (today - timedelta(days=KEPT_DAYS),))
    connection.execute("SELECT vault_forget_number_uses(%s)", (today - timedelta(days=USES_KEPT_DAYS),))
