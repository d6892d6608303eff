"""Words that somebody types to find something: without accents and capitals, here as in the database."""

from __future__ import annotations

import unicodedata
from typing import Final

MOST_WORDS: Final = 8
_PLAIN: Final = {
    "a": "àáâãäåāă", "c": "çćč", "d": "ďđ", "e": "èéêëēėęě", "g": "ğ", "i": "ìíîïī", "l": "ł", "n": "ñńň",
    "o": "òóôõöøō", "r": "ř", "s": "śšş", "t": "ťţ", "u": "ùúûüūůű", "y": "ýÿ", "z": "źżž",
}  # fmt: skip
_FROM: Final = "".join(_PLAIN.values())
_TO: Final = "".join(plain * len(signs) for plain, signs in _PLAIN.items())
_TABLE: Final = str.maketrans(_FROM, _TO)


def words_of(text: str) -> list[str]:
    """The words of a text as ``folded`` leaves them; at most eight."""
    plain = unicodedata.normalize("NFC", text.replace("\0", "")).lower().translate(_TABLE)
    return plain.split()[:MOST_WORDS]


def holds_all(text: str) -> str:
    """SQL: every word of the array ``%(words)s`` stands in the text that this SQL gives."""
    plain = f"translate(lower({text}), '{_FROM}', '{_TO}')"
    return f"NOT EXISTS (SELECT FROM unnest(%(words)s::text[]) word WHERE strpos({plain}, word) = 0)"
