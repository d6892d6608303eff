"""Keys in memory for at most a minute, and overwritten when they go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from allconnects.privacy.vault.chain import Opened
from allconnects.privacy.vault.rows import Place
from allconnects.privacy.vault.states import State

MOST_TTL_S = 60.0
MOST_KEYS = 50_000


@dataclass(slots=True)
class _Entry:
    key: bytearray
    ids: tuple[UUID, ...]
    states: tuple[State, ...]
    until: float


class KeyCache:
    """Keys by place. Every key that is told to have changed goes with all that stand under it.

    It holds nothing until ``listening``: while changes cannot be heard of, each use asks the database. Python may
    hold copies of a key that was handed out; what is overwritten is what the cache itself holds.
    """

    def __init__(self, ttl_s: float, seconds: Callable[[], float]) -> None:
        if not 0 <= ttl_s <= MOST_TTL_S:
            raise ValueError("a key is kept in memory for 60 seconds at most")
        self._ttl_s = ttl_s
        self._seconds = seconds
        self._entries: dict[Place, _Entry] = {}
        self._lock = threading.Lock()
        self._listening = False
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, places: Iterable[Place]) -> dict[Place, Opened]:
        """Those that are here and fresh."""
        now = self._seconds()
        with self._lock:
            found = {place: entry for place in places if (entry := self._entries.get(place)) and entry.until > now}
            return {place: Opened(bytes(e.key), e.ids, e.states) for place, e in found.items()}

    def put(self, opened: Mapping[Place, Opened], epoch: int) -> None:
        """Keep keys, unless something changed since ``epoch``, when they were read."""
        with self._lock:
            if epoch != self.epoch or not self._listening:
                return
            if len(self._entries) + len(opened) > MOST_KEYS:
                self._clear()
            until = self._seconds() + self._ttl_s
            for place, one in opened.items():
                self._drop(place)
                self._entries[place] = _Entry(bytearray(one.key), one.ids, one.states, until)

    def changed(self, key: UUID) -> None:
        """Forget a key and what stands under it."""
        with self._lock:
            self.epoch += 1
            for place in [place for place, entry in self._entries.items() if key in entry.ids]:
                self._drop(place)

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self.epoch += 1
            self._clear()

    def tidy(self) -> None:
        """Forget what is too old."""
        now = self._seconds()
        with self._lock:
            for place in [place for place, entry in self._entries.items() if entry.until <= now]:
                self._drop(place)

    def listening(self, yes: bool) -> None:
        """Whether changes are heard of from now on. Either way nothing from before is trusted."""
        with self._lock:
            self.epoch += 1
            self._listening = yes
            self._clear()

    def _clear(self) -> None:
        for place in list(self._entries):
            self._drop(place)

    def _drop(self, place: Place) -> None:
        entry = self._entries.pop(place, None)
        if entry is not None:
            entry.key[:] = bytes(len(entry.key))
