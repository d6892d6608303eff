"""Entries as plain values, as they are stored, edited and compared; and back to entries in a language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from allconnects.privacy.registry.book import Book, shipped
from allconnects.privacy.registry.entries import Assessment, Obligation, Purpose, Recipient, Storage
from allconnects.privacy.registry.models import Kind
from allconnects.privacy.registry.places import country_of

Values = dict[str, Any]
All = dict[str, dict[str, Values]]
"""Kind, key, values."""
LANGUAGES = ("nl", "fr", "en", "de")
TEXTS = ("interest", "necessity", "balance")


def as_shipped() -> All:
    """What the program comes with, and where the settings of this server say that its data rest."""
    book = shipped()
    return {
        Kind.PURPOSE: {one.key: _purpose_values(one) for one in (*book.purposes, *book.further)},
        Kind.RECIPIENT: {
            one.key: {"kind": one.kind, "country": one.country, "contract": "", "signed_on": "", "ends_on": ""}
            for one in book.recipients
        },
        Kind.STORAGE: {
            one.key: {"country": country_of(one.key), "operator": "", "transfer": ""} for one in book.storage
        },
        Kind.OBLIGATION: {
            one.key: {"citation": one.citation, "data": one.data, "days": one.days} for one in book.obligations
        },
    }


def _purpose_values(one: Purpose) -> Values:
    test = one.assessment
    return {
        "on": one.on, "bases": list(one.bases),
        **{name: getattr(test, name) if test else "" for name in TEXTS},
        "safeguards": list(test.safeguards) if test else [],
        "review_months": test.review_months if test else 12,
        "decided_by": "", "decided_on": "",
    }  # fmt: skip


def is_switchable(key: str) -> bool:
    """Whether organisations switch that purpose on and off."""
    return key in {one.key for one in shipped().further}


def book_of(found: Mapping[str, Mapping[str, Values]]) -> Book:
    """The registry with these values, in the language of the moment. Purposes that are off are left out."""
    plain = shipped()
    kinds: dict[str, dict[str, Any]] = {
        Kind.PURPOSE: {one.key: one for one in (*plain.purposes, *plain.further)},
        Kind.RECIPIENT: {one.key: one for one in plain.recipients},
        Kind.STORAGE: {one.key: one for one in plain.storage},
        Kind.OBLIGATION: {one.key: one for one in plain.obligations},
    }
    make: dict[str, Callable[[str, Values, Any], Any]] = {
        Kind.PURPOSE: _purpose, Kind.RECIPIENT: _recipient, Kind.STORAGE: _storage, Kind.OBLIGATION: _obligation,
    }  # fmt: skip
    made = {
        kind: [make[kind](key, one, kinds[kind].get(key)) for key, one in found.get(kind, {}).items()] for kind in kinds
    }
    on = [one for one in made[Kind.PURPOSE] if one.on]
    own = {one.key for one in plain.purposes}
    return Book(
        tuple(one for one in on if one.key in own), tuple(made[Kind.RECIPIENT]), tuple(made[Kind.STORAGE]),
        tuple(made[Kind.OBLIGATION]), tuple(one for one in on if one.key not in own),
    )  # fmt: skip


def title_of(kind: str, key: str, found: Values | None = None) -> str:
    """What an entry is called in the language of the moment."""
    if own := said(found or {}, "title"):
        return own
    book = shipped()
    groups: dict[str, Any] = {
        Kind.PURPOSE: (*book.purposes, *book.further), Kind.RECIPIENT: book.recipients, Kind.STORAGE: book.storage,
        Kind.OBLIGATION: book.obligations,
    }  # fmt: skip
    return next((_(one.title) for one in groups[kind] if one.key == key), key)


def said(found: Values, name: str) -> str:
    """A text that the organisation wrote, in the language of the moment, else in any that it wrote; or nothing."""
    from django.utils.translation import get_language

    texts = found.get("texts", {}).get(name, {})
    language = (get_language() or "en")[:2]
    return texts.get(language) or next((text for text in texts.values() if text), "")


def _purpose(key: str, found: Values, plain: Purpose) -> Purpose:
    tested = all(found.get(name) for name in TEXTS)
    interest, necessity, balance = (str(found.get(name, "")) for name in TEXTS)
    test = Assessment(interest, necessity, balance, tuple(found["safeguards"]), int(found["review_months"]))
    return Purpose(
        key, said(found, "title") or plain.title, said(found, "text") or plain.text, tuple(found["bases"]),
        plain.party, test if tested else None, plain.switchable, bool(found["on"]),
    )  # fmt: skip


def _recipient(key: str, found: Values, plain: Recipient | None) -> Recipient:
    title = said(found, "title") or (plain.title if plain else key)
    gets = said(found, "text") or (plain.gets if plain else "")
    return Recipient(
        key, title, found["kind"], gets, found["country"], plain.setting if plain else "", found["contract"],
        found["ends_on"],
    )  # fmt: skip


def _storage(key: str, found: Values, plain: Storage | None) -> Storage:
    title = said(found, "title") or (plain.title if plain else key)
    holds = said(found, "text") or (plain.holds if plain else "")
    return Storage(key, title, holds, plain.protection if plain else found["transfer"], found["country"])


def _obligation(key: str, found: Values, plain: Obligation | None) -> Obligation:
    title = said(found, "title") or (plain.title if plain else key)
    return Obligation(key, title, found["citation"], found["data"], int(found["days"]))
