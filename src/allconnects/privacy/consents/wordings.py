"""What consent is asked for: the words of ``consents.toml``, and their hashes."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources

from allconnects.kit.errors import NotFound
from allconnects.privacy.consents.models import Wording


@dataclass(frozen=True, slots=True)
class Purpose:
    """One thing that somebody can agree to. ``titles``, ``texts``: by language."""

    key: str
    version: str
    controller: str
    months: int
    titles: Mapping[str, str]
    texts: Mapping[str, str]

    def digest(self, language: str) -> str:
        """SHA-256 of everything that was shown: other words, version or controller are another hash."""
        shown = "\n".join((self.controller, self.key, self.version, language, self.texts[language]))
        return hashlib.sha256(shown.encode()).hexdigest()

    def expires(self, at: datetime) -> datetime:
        """When a consent of that moment has run out; a month counts as 30.44 days."""
        return at + timedelta(days=round(self.months * 30.44))


@cache
def purposes() -> Mapping[str, Purpose]:
    """Every purpose by key."""
    found = tomllib.loads(resources.files(__package__).joinpath("consents.toml").read_text("utf-8"))
    version, controller = found.pop("version"), found.pop("controller")
    return {
        key: Purpose(key, version, controller, one["months"], one["title"], one["text"]) for key, one in found.items()
    }


def purpose(key: str) -> Purpose:
    """One of them. Raises NotFound."""
    try:
        return purposes()[key]
    except KeyError:
        raise NotFound("no such purpose of consent") from None


def by_digest(digest: str) -> tuple[Purpose, str] | None:
    """Purpose and language of words that are shown today; None for any others."""
    for one in purposes().values():
        for language in one.texts:
            if one.digest(language) == digest:
                return one, language
    return None


def keep(one: Purpose, language: str) -> Wording:
    """The stored words, written down at their first use."""
    return Wording.objects.get_or_create(
        digest=one.digest(language),
        defaults={
            "purpose": one.key, "language": language, "version": one.version, "controller": one.controller,
            "text": one.texts[language],
        },
    )[0]  # fmt: skip
