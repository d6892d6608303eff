"""What the entries of the registry are. Texts are in English and marked for translation where a person reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Party = Literal["controller", "processor"]
"""What the operator of this server is for that purpose, seen from the people whose data they are."""
Kind = Literal["processor", "independent", "authority", "employer", "person"]
"""What a recipient is: acts on our instructions; decides for itself; by law; the employer; the person."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The balancing test of a legitimate interest: three steps, safeguards, and when it is looked at again.

    Source of the steps: GDPR art. 6(1)(f) as the Belgian authority applied it on 25 March 2025 to tracked vehicles.
    """

    interest: str
    necessity: str
    balance: str
    safeguards: tuple[str, ...]
    review_months: int = 12


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why data are processed. ``bases``: words of ``kit.labels.Basis`` that labels may name with it.

    ``switchable``: an organisation switches it on and off, and code asks ``gates.purpose_on``; ``on``: as shipped.
    """

    key: str
    title: str
    text: str
    bases: tuple[str, ...]
    party: Party
    assessment: Assessment | None = None
    switchable: bool = False
    on: bool = True


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets data. ``setting``: the switch without which nothing goes there; empty: always, or by a person's act."""

    key: str
    title: str
    kind: Kind
    gets: str
    country: str
    setting: str = ""
    contract: str = ""
    ends_on: str = ""


@dataclass(frozen=True, slots=True)
class Storage:
    """A place where data rest. ``country``: an ISO 3166 code; empty: as the settings of the server say."""

    key: str
    title: str
    holds: str
    protection: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Obligation:
    """A law that obliges to keep or to hand over. ``days``: for how long, 0 where the law names no time."""

    key: str
    title: str
    citation: str
    data: str
    days: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A cookie or an entry of the browser's storage; a name that ends in ``*`` begins so.

    ``essential``: what somebody asked for does not work without it (ePrivacy art. 5(3)); anything else waits for a
    choice. ``asked``: it is stored only once that function is used.
    """

    name: str
    kind: Literal["cookie", "local storage", "cache", "database"]
    title: str
    life: str
    essential: bool = True
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the policy. ``tables``: prefixes of the tables it works with; ``built``: whether it is there."""

    key: str
    title: str
    text: str
    tables: tuple[str, ...] = field(default=())
    built: bool = False
