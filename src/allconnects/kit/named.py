"""Functions that rooms above add under a name and a room below calls: it need not know who they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

F = TypeVar("F")


class Named(Generic[F]):
    """A decorator that takes functions in, ``@each("positions")``; a name that comes again replaces the one before."""

    def __init__(self) -> None:
        self._found: dict[str, F] = {}

    def __call__(self, name: str) -> Callable[[F], F]:
        """Take a function in under a name."""

        def add(function: F) -> F:
            self._found[name] = function
            return function

        return add

    def all(self) -> list[tuple[str, F]]:
        """All of them, by name."""
        return sorted(self._found.items(), key=lambda one: one[0])
