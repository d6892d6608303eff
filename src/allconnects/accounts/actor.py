"""Who acts: the account or token of a request, or the process itself. Read where it is written down who did what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """``name``: ``account:7``, ``token:3`` or ``process:web``, never a person's name. ``role``: in the organisation."""

    name: str
    role: str = ""

    @property
    def is_process(self) -> bool:
        """Whether nobody asked: scheduled work, or code outside a request."""
        return self.name.startswith("process:")

    @property
    def account(self) -> int | None:
        """The account that acts; None for programs and processes."""
        kind, _, number = self.name.partition(":")
        return int(number) if kind == "account" and number.isdigit() else None


PROCESS = Actor("process:web")
_current: ContextVar[Actor] = ContextVar("actor", default=PROCESS)


def current() -> Actor:
    """Who acts now, in this thread or task."""
    return _current.get()


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Everything inside is done by that actor."""
    token = _current.set(actor)
    try:
        yield
    finally:
        _current.reset(token)
