"""How one value is masked. Pure; values are what PostgreSQL writes as text, lists and objects what ``json`` reads.

The same value becomes the same mask everywhere in one dump, so that what belongs together still does; the key is made
for one dump and kept nowhere, so nobody can try names until one fits. A mask is as long as its value where nothing
else is asked. Times, counts, kilometres, ids and words of closed lists stay: a masked dump is pseudonymised, not
anonymous (GDPR art. 4(5), recital 26).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Collection
from typing import Any

Mask = Callable[[str], "str | None"]
"""From a value that is not NULL to what stands in the dump; None is NULL."""

NOWHERE = "masked.invalid"
"""A domain that can have no mailbox and no server (RFC 2606)."""
SHAPE = '{"type": "Circle", "coordinates": [0.0, 0.0], "radius_m": 100.0}'
COORDINATE = re.compile(r"(^|_)(lat|lon|lng|latitude|longitude)(_e7|_cell)?$|^(west|south|east|north|center|centre)$")
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ID = rf"(\d{{1,18}}|{_UUID})"
REFERENCE = re.compile(
    rf"(account|token|person|device|vehicle|material|team|place|site|tag|rule):{_ID}|process:[a-z_-]+"
)
BARE = re.compile(_ID)
_KEY = re.compile(r"[a-z]+(_[a-z0-9]+)*|\d{1,9}|\d{4}-\d\d(-\d\d)?|" + _UUID)
_PLAIN = re.compile(
    r"\d{4}-\d\d(-\d\d)?([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?|\d\d:\d\d(:\d\d)?"
    r"|-?\d{1,6}(\.\d{1,4})?|" + _UUID
)
_NAMED = ("sites",)
"""Keys of objects whose keys in turn are names."""
_HASH = re.compile(r"[0-9a-f]{64}")
_SOUNDS = ("bdfgklmnprstvz", "aeiou")


class Masker:
    """Masks with a key of its own."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def _digest(self, value: str) -> bytes:
        return hmac.digest(self._key, value.encode(), "sha256")

    def text(self, value: str, spaced: bool = False) -> str:
        """Letters that can be read out, as many as there were; ``spaced``: like words. A hash becomes another."""
        if _HASH.fullmatch(value):
            return self.hex(value, 64)
        return self._letters(value, len(value), spaced)

    def _letters(self, value: str, length: int, spaced: bool = False) -> str:
        stream = hashlib.shake_256(self._digest(value)).digest(length)
        letters = [_SOUNDS[place % 2][byte % len(_SOUNDS[place % 2])] for place, byte in enumerate(stream)]
        if spaced:
            for place in range(7, len(letters) - 1, 8):
                letters[place] = " "
        return "".join(letters).capitalize()

    def hex(self, value: str, length: int) -> str:
        """Hexadecimal digits, as many as asked."""
        return hashlib.shake_256(self._digest(value)).hexdigest((length + 1) // 2)[:length]

    def unique(self, value: str, size: int | None) -> str:
        """A word that two different values have as good as never in common; ``size``: the most characters."""
        return self.text(value) if _HASH.fullmatch(value) else self._letters(value, min(size or 20, 20))

    def email(self, value: str) -> str:
        """An address that no mail reaches."""
        return f"{self.hex(value.casefold(), 16)}@{NOWHERE}"

    def url(self, value: str) -> str:
        """An address that nothing answers at."""
        return f"https://{self.hex(value, 16)}.{NOWHERE}/"

    def actor(self, value: str) -> str:
        """Who did something: accounts, people and processes stay, anything else keeps its kind and length."""
        if REFERENCE.fullmatch(value):
            return value
        kind, _, rest = value.partition(":")
        return f"{kind}:{self.hex(rest, len(rest))}"

    def secret_bytes(self, value: str) -> str:
        """32 bytes that open nothing, as PostgreSQL writes them."""
        return "\\x" + self.hex(value, 64)

    def document(self, value: str, words: Collection[str], nowhere: bool) -> str:
        """JSON with its structure; ``nowhere``: numbers that are no whole ones become 0, for positions."""
        return json.dumps(self._inside(json.loads(value), words, nowhere), ensure_ascii=False)

    def _inside(self, value: Any, words: Collection[str], nowhere: bool, names: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                self._name(key, words, names): self._inside(
                    one, words, nowhere or bool(COORDINATE.search(key)), key in _NAMED
                )
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [self._inside(one, words, nowhere) for one in value]
        if isinstance(value, str):
            keeps = value in words or REFERENCE.fullmatch(value) or (not nowhere and _PLAIN.fullmatch(value))
            return value if keeps else self.text(value, spaced=True)
        if nowhere and isinstance(value, int | float) and not isinstance(value, bool):
            return 0
        return value

    def _name(self, key: str, words: Collection[str], names: bool) -> str:
        keeps = key.isdecimal() if names else key in words or _KEY.fullmatch(key)
        return key if keeps else self.unique(key, None)

    def words(self, value: str, known: Collection[str]) -> str:
        """An array of texts, given as JSON, as PostgreSQL writes one; known words stay."""
        found = [one if one in known or one is None else self.text(one) for one in json.loads(value)]
        return "{" + ",".join("NULL" if one is None else json.dumps(one, ensure_ascii=False) for one in found) + "}"
