"""The registry as one thing: what is shipped with the program, or what an organisation made of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from django.utils.translation import gettext_noop

from allconnects.privacy.registry.entries import Obligation, Purpose, Recipient, Storage
from allconnects.privacy.registry.parties import RECIPIENTS, STORAGE
from allconnects.privacy.registry.purposes import PURPOSES

_TITLES = (
    gettext_noop("Proof of professional use of vehicles"),
    gettext_noop("Social documents"),
    gettext_noop("Showing that data protection is respected"),
    gettext_noop("Showing that somebody consented"),
)


@dataclass(frozen=True, slots=True)
class Book:
    """``purposes`` are those of the inventory; ``further``: those that an organisation switches."""

    purposes: tuple[Purpose, ...]
    recipients: tuple[Recipient, ...]
    storage: tuple[Storage, ...]
    obligations: tuple[Obligation, ...] = ()
    further: tuple[Purpose, ...] = ()


_further: dict[str, Purpose] = {}


def offer(purpose: Purpose) -> None:
    """A room of a higher floor names a purpose of its own that organisations switch. Raises ValueError for a second."""
    if _further.get(purpose.key, purpose) != purpose or not purpose.switchable:
        raise ValueError(f"no further purpose: {purpose.key}")
    _further[purpose.key] = purpose


def further() -> Iterator[Purpose]:
    """Purposes that rooms offered, in their order."""
    yield from _further.values()


@cache
def obligations() -> tuple[Obligation, ...]:
    """What ``obligations.toml`` names."""
    found = tomllib.loads(resources.files(__package__).joinpath("obligations.toml").read_text("utf-8"))
    found.pop("version")
    return tuple(Obligation(key, one["title"], one["citation"], one["data"], one["days"]) for key, one in found.items())


def shipped() -> Book:
    """As the program comes."""
    return Book(PURPOSES, RECIPIENTS, STORAGE, obligations(), tuple(further()))
