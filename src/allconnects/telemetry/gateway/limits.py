"""How many connections one address, one organisation and the gateway as a whole may hold."""

from __future__ import annotations

from collections import Counter
from typing import Any


class ConnectionLimits:
    """Counts connections. An address or organisation at its limit harms nobody but itself."""

    def __init__(self, *, total: int, per_address: int, per_organisation: int) -> None:
        self._total, self._per_address, self._per_organisation = total, per_address, per_organisation
        self._addresses: Counter[str] = Counter()
        self._organisations: Counter[int] = Counter()
        self._open = 0

    def admit(self, address: str) -> bool:
        """Count a new connection, unless a limit is reached."""
        if self._open >= self._total or self._addresses[address] >= self._per_address:
            return False
        self._open += 1
        self._addresses[address] += 1
        return True

    def admit_organisation(self, organisation: int) -> bool:
        """Count a connection that turned out to be of this organisation, unless its limit is reached."""
        if self._organisations[organisation] >= self._per_organisation:
            return False
        self._organisations[organisation] += 1
        return True

    def release_organisation(self, organisation: int) -> None:
        """A connection speaks for another organisation now."""
        _decrement(self._organisations, organisation)

    def release(self, address: str, organisation: int | None) -> None:
        """A connection that was admitted is gone."""
        self._open -= 1
        _decrement(self._addresses, address)
        if organisation is not None:
            self.release_organisation(organisation)


def _decrement(counter: Counter[Any], key: str | int) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
