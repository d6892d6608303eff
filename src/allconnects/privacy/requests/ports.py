"""What requests ask of other rooms: where a person's data are packed, erased and held, and who a person is.

The rooms above register who people are (``use``); tests put stand-ins in the same places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

from django.utils.translation import gettext as _

from allconnects.kit.errors import AllconnectsError

Scope = Literal["access", "portability"]


class Unavailable(AllconnectsError):
    """What packs, erases or holds cannot be asked at present; nothing was begun."""

    code = "privacy_port_unavailable"
    status = 503


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a case is about, in one organisation: somebody of the register, an account, or both."""

    organisation: int
    person: UUID | None
    account: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an erasure is. ``kept``: what stays, why, and until which day."""

    state: Literal["running", "partial", "complete"]
    steps: Sequence[Any] = ()
    kept: Sequence[tuple[str, str, str]] = field(default=())


class Exports(Protocol):
    """Packs the data of a person."""

    def request(self, subject: Subject, *, case: UUID, scope: Scope) -> UUID:
        """Begin; returns the number of the package."""

    def status(self, package: UUID) -> str:
        """How far it is: ``waiting``, ``ready`` to be fetched, ``opened``, ``gone`` or ``failed``."""

    def open_once(self, package: UUID) -> bytes:
        """The file, a ZIP, once. Raises an AllconnectsError when it was fetched already or its time is up."""


class Erasures(Protocol):
    """Erases a person."""

    def begin(self, subject: Subject, *, case: UUID, by: int) -> UUID:
        """Begin; returns the number of the erasure."""

    def status(self, erasure: UUID) -> Any:
        """A Progress or its like."""


class Holds(Protocol):
    """Stops the use of a person's data without deleting them."""

    def restrict(self, subject: Subject, *, case: UUID, ground: str, by: int) -> None:
        """Nobody reads them from now on. ``by``: an account."""

    def announce(self, subject: Subject, *, case: UUID, by: int) -> None:
        """Write down that the person is told that the use will be allowed again."""

    def lift(self, subject: Subject, *, case: UUID, by: int) -> None:
        """They may be read again; the person was told before."""


class People(Protocol):
    """Who people are, in the organisation that the transaction speaks for."""

    def of_account(self, account: int) -> UUID | None:
        """The person of the register that an account belongs to."""

    def account_of(self, person: UUID) -> int | None:
        """The account of a person."""

    def name(self, person: UUID) -> str:
        """A person's name, empty when there is none such."""

    def search(self, text: str) -> list[tuple[UUID, str]]:
        """People whose name or number holds the text, at most twenty."""


class _Nobody:
    """No room keeps a register of people."""

    def of_account(self, account: int) -> UUID | None:  # noqa: ARG002
        return None

    def account_of(self, person: UUID) -> int | None:  # noqa: ARG002
        return None

    def name(self, person: UUID) -> str:  # noqa: ARG002
        return ""

    def search(self, text: str) -> list[tuple[UUID, str]]:  # noqa: ARG002
        return []


_used: dict[str, Any] = {}


def register(**ports: Any) -> None:
    """Name who does what, for the whole process: ``register(people=…)``."""
    _used.update(ports)


@contextmanager
def use(**ports: Any) -> Iterator[None]:
    """Name others for a while, for tests."""
    before = dict(_used)
    _used.update(ports)
    try:
        yield
    finally:
        _used.clear()
        _used.update(before)


def _port(name: str) -> Any:
    if name not in _used:
        from allconnects.privacy.requests import doing

        _used[name] = doing.found(name)
    if _used[name] is None:
        raise Unavailable(_("This cannot be done by the program yet. Do it by hand and note it."))
    return _used[name]


def exports() -> Exports:
    """What packs. Raises Unavailable."""
    found: Exports = _port("exports")
    return found


def erasures() -> Erasures:
    """What erases. Raises Unavailable."""
    found: Erasures = _port("erasures")
    return found


def holds() -> Holds:
    """What stops use. Raises Unavailable."""
    found: Holds = _port("holds")
    return found


def people() -> People:
    """Who people are."""
    found: People = _used.get("people") or _Nobody()
    return found
