"""What packs, erases and holds in this program, behind the ports of requests."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from allconnects.privacy.registry.words import RETENTIONS
from allconnects.privacy.requests.ports import Progress, Scope, Subject

_STATES = {"waiting": "running", "running": "running", "partial": "partial", "done": "complete", "complete": "complete"}


def found(name: str) -> Any:
    """The port of that name; None when the program has none."""
    kinds: dict[str, Any] = {"exports": _Exports, "erasures": _Erasures, "holds": _Holds}
    try:
        return kinds[name]()
    except ModuleNotFoundError:
        return None


def _subject(whom: Subject) -> Any:
    return import_module("allconnects.privacy.subjects").Subject(whom.organisation, whom.person, whom.account)


class _Exports:
    def __init__(self) -> None:
        self.service: Any = import_module("allconnects.privacy.export.service")

    def request(self, subject: Subject, *, case: UUID, scope: Scope) -> UUID:
        made: UUID = self.service.request(_subject(subject), case=case, scope=scope)
        return made

    def status(self, package: UUID) -> str:
        return str(self.service.status(package).state)

    def open_once(self, package: UUID) -> bytes:
        content: bytes = self.service.open_once(package, self.service.issue(package))
        return content


class _Erasures:
    def __init__(self) -> None:
        self.service: Any = import_module("allconnects.privacy.erasure.service")

    def begin(self, subject: Subject, *, case: UUID, by: int) -> UUID:
        made: UUID = self.service.begin(_subject(subject), case=case, by=by)
        return made

    def status(self, erasure: UUID) -> Progress:
        """What stays is told by the name of its class, not of its table."""
        said = self.service.status(erasure)
        kept = [(_(RETENTIONS.get(one.klass, one.klass)), one.why, one.until) for one in said.kept]
        return Progress(_STATES[said.state], said.steps, list(dict.fromkeys(kept)))  # type: ignore[arg-type]


class _Holds:
    def __init__(self) -> None:
        self.service: Any = import_module("allconnects.privacy.erasure.holds")

    def restrict(self, subject: Subject, *, case: UUID, ground: str, by: int) -> None:  # noqa: ARG002
        self.service.restrict(_subject(subject), ground, by)

    def announce(self, subject: Subject, *, case: UUID, by: int) -> None:  # noqa: ARG002
        self.service.notify_lift(_subject(subject), by)

    def lift(self, subject: Subject, *, case: UUID, by: int) -> None:  # noqa: ARG002
        self.service.lift(_subject(subject), by)
