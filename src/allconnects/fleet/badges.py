"""What is kept of the number of a badge: a keyed hash, to find it again, and its last signs, to tell it apart."""

from __future__ import annotations

import hashlib
import hmac
import re

from django.conf import settings

_SEPARATORS = re.compile(r"[\s:.\-_]+")


def normal(number: str) -> str:
    """One spelling of a number: readers differ in case and separators."""
    return _SEPARATORS.sub("", number).upper()


def token_hash(number: str) -> str:
    """The keyed hash of a number. Without the key of the installation a list of all card numbers finds nothing."""
    key = hashlib.sha256(b"fleet.badge:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, normal(number).encode(), hashlib.sha256).hexdigest()


def last4(number: str) -> str:
    """The last signs of a number; a short one, such as a PIN, shows fewer, so that it stays a secret."""
    known = normal(number)
    return known[-4:] if len(known) >= 8 else known[-1:]
