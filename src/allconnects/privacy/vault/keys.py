"""Wrapping keys in keys: AES-256-GCM with associated data. Pure but for the randomness.

A wrapped key is one version byte, a nonce of 12 bytes, then the ciphertext of 32 bytes with its tag of 16.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from allconnects.privacy.vault.errors import Damaged

KEY_BYTES = 32
VERSION = 1
_NONCE_BYTES = 12
WRAPPED_BYTES = 1 + _NONCE_BYTES + KEY_BYTES + 16


def new_key() -> bytes:
    """256 bits from the operating system."""
    return os.urandom(KEY_BYTES)


def encoded(*parts: bytes | str | int | UUID) -> bytes:
    """Parts as bytes that no other parts make: each with its kind and its length before it."""
    result = bytearray()
    for part in parts:
        kind, raw = _raw(part)
        result += kind + len(raw).to_bytes(4) + raw
    return bytes(result)


def _raw(part: bytes | str | int | UUID) -> tuple[bytes, bytes]:
    if isinstance(part, UUID):
        return b"u", part.bytes
    if isinstance(part, bytes):
        return b"b", part
    return (b"s", part.encode()) if isinstance(part, str) else (b"i", str(part).encode())


def wrap(parent: bytes, key: bytes, bound: bytes) -> bytes:
    """The key under its parent, bound to associated data and to the version of this layout."""
    nonce = os.urandom(_NONCE_BYTES)
    version = bytes([VERSION])
    return version + nonce + AESGCM(parent).encrypt(nonce, key, version + bound)


def unwrap(parent: bytes, wrapped: bytes, bound: bytes) -> bytes:
    """The key again. Raises Damaged when the key, its parent or what it is bound to is another."""
    if not wrapped or wrapped[0] != VERSION:
        raise Damaged("a wrapped key has a version that this program does not know")
    if len(wrapped) != WRAPPED_BYTES:
        raise Damaged("a wrapped key has a wrong length")
    try:
        return AESGCM(parent).decrypt(wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :], wrapped[:1] + bound)
    except InvalidTag:
        raise Damaged("a wrapped key does not belong to the row that it stands in") from None


def tag(secret: bytes, *parts: bytes | str | int | UUID) -> bytes:
    """A name of 32 bytes for parts that tells nothing about them without the secret."""
    return hmac.digest(secret, encoded(*parts), hashlib.sha256)
