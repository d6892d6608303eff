"""Addresses as the ledger and the list of suppressed ones know them: a keyed hash, useless without the data folder."""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from functools import cache
from pathlib import Path

from allconnects.kit import config
from allconnects.kit.secrets import read_or_make


@cache
def _key(home: Path) -> bytes:
    return bytes.fromhex(read_or_make(home / "secrets" / "addresses", lambda: os.urandom(32).hex()))


def normal(email: str) -> str:
    """The one spelling of an address: without blanks around it, composed, in lower case."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def hashed(email: str) -> str:
    """HMAC-SHA-256 in hex of an address, however it is spelt."""
    return hmac.new(_key(config.current().home), normal(email).encode(), hashlib.sha256).hexdigest()


def subject(email: str) -> str:
    """How the ledger names an address."""
    return f"address:{hashed(email)}"
