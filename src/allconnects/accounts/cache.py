"""Keys of the cache table: rate limits count per address, and no address may stand in the database."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings


def hashed_key(key: str, prefix: str, version: int) -> str:
    """Key function of Django's cache: a keyed hash, so that a copy of the table names nobody."""
    text = f"{prefix}:{version}:{key}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()
