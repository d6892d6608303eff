"""Encryption of segments: AES-256-GCM, bound to whose and which day's they are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from allconnects.telemetry.store.segment.errors import SegmentError

NONCE = 12
KEY = 32
OVERHEAD = NONCE + 16
"""Bytes that sealing adds: nonce and tag."""

_PURPOSE = "allconnects segment"


@dataclass(frozen=True, slots=True)
class Context:
    """What a sealed segment belongs to; it opens under no other. ``subject``: of the key, as the vault names it."""

    organisation: int
    device: int
    subject: str
    day: date

    def associated(self, version: int) -> bytes:
        """The associated data: unambiguous, with the version of the format in it."""
        parts = (_PURPOSE, version, self.organisation, self.device, self.subject, self.day.isoformat())
        return msgspec.msgpack.encode(parts)


def seal(segment: bytes, key: bytes, context: Context) -> bytes:
    """A segment encrypted: nonce (12 bytes, random), then ciphertext with tag. Raises SegmentError for a bad key."""
    nonce = os.urandom(NONCE)
    return nonce + _cipher(key).encrypt(nonce, segment, context.associated(segment[0]))


def unseal(sealed: bytes | memoryview, key: bytes, context: Context, *, version: int = 1) -> bytes:
    """The segment again. Raises SegmentError for a wrong key, a wrong context, and changed bytes alike."""
    try:
        return _cipher(key).decrypt(bytes(sealed[:NONCE]), bytes(sealed[NONCE:]), context.associated(version))
    except (InvalidTag, ValueError):
        raise SegmentError("a segment does not open under this key and context") from None


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY:
        raise SegmentError("a segment needs a key of 256 bits")
    return AESGCM(key)
