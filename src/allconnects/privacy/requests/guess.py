"""Guesses about a mail, to save typing: its language, and which right it may be about. A human names the right."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache
from importlib import resources

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


@cache
def _words() -> dict[str, dict[str, frozenset[str]]]:
    read = tomllib.loads(
        resources.files("allconnects.privacy.requests").joinpath("data", "guess.toml").read_text("utf-8")
    )
    return {part: {key: frozenset(words) for key, words in lists.items()} for part, lists in read.items()}


def _most(part: str, text: str) -> list[tuple[str, int]]:
    counted = Counter(word.lower() for word in _WORD.findall(text[:20_000]))
    scores = {key: sum(counted[word] for word in words) for key, words in _words()[part].items()}
    return sorted(scores.items(), key=lambda one: -one[1])


def language(text: str, otherwise: str = "nl") -> str:
    """The language that most of the small words belong to."""
    best = _most("language", text)[0]
    return best[0] if best[1] else otherwise


def right(text: str) -> str:
    """The one right that a text speaks of; empty when it speaks of none, or of several as much."""
    first, second = _most("right", text)[:2]
    return first[0] if first[1] > second[1] else ""
