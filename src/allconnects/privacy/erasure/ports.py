"""What rooms add to an erasure, and whom to tell of it: registered from above, called from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import psycopg

from allconnects.kit.named import Named
from allconnects.kit.pace import Pace
from allconnects.privacy.subjects import Subject
from allconnects.privacy.vault import Vault

When = Literal["fence", "stop", "clear"]
"""Before anything goes: nothing comes in any more; then what runs for the person ends; at last copies go."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an effect works on. ``connection``: of the role ``rights``, autocommit, speaking for the organisation;
    ``held``: classes of data that a hold keeps; ``email``: of the account, empty without one; ``pace``: for what
    takes long."""

    connection: psycopg.Connection[Any]
    vault: Vault
    subject: Subject
    held: frozenset[str]
    email: str = ""
    pace: Pace = field(default_factory=Pace)


Effect = Callable[[Work], int]
Teller = Callable[[int, UUID, Subject], None]
Identify = Callable[[Work], dict[str, str]]
_effects: dict[When, Named[Effect]] = {"fence": Named(), "stop": Named(), "clear": Named()}
processor: Named[Teller] = Named()
"""Makes a function tell a processor or recipient to erase too (GDPR art. 17(2), 19, 28(3)(g)).

It gets the organisation, the case and the subject, returns when the other side has confirmed, and raises otherwise:
then it is asked again later.
"""
_identify: list[Identify] = []


def effect(when: When, name: str) -> Callable[[Effect], Effect]:
    """Make a function a part of every erasure: ``@effect("fence", "positions")``. It must bear being done twice.

    It returns how many rows, files or entries it took out.
    """
    return _effects[when](name)


def effects(when: When) -> list[tuple[str, Effect]]:
    """What to do at a moment, by name."""
    return _effects[when].all()


def identifying(function: Identify) -> Identify:
    """Make a function say by what else a person would be recognised when somebody enters him again: kinds of marks."""
    _identify.append(function)
    return function


def identities(work: Work) -> list[tuple[str, str]]:
    """Kinds and values that are marked."""
    return [(kind, value) for one in _identify for kind, value in one(work).items() if value]
