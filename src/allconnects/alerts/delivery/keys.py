"""Keys of the data folder: what encrypts secrets of webhooks, and the pair that Web Push knows this server by."""

from __future__ import annotations

import base64
import os
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from py_vapid import Vapid02

from allconnects.kit import config, secrets

_NONCE = 12


@cache
def _cipher() -> AESGCM:
    text = secrets.read_or_make(config.current().home / "secrets" / "webhooks", lambda: os.urandom(32).hex())
    return AESGCM(bytes.fromhex(text))


def conceal(secret: str, bound_to: str) -> bytes:
    """A secret as it is stored: useless in another row, and without the data folder."""
    nonce = os.urandom(_NONCE)
    return nonce + _cipher().encrypt(nonce, secret.encode(), bound_to.encode())


def reveal(stored: bytes, bound_to: str) -> str:
    """The secret. Raises cryptography.exceptions.InvalidTag when the data folder or the row is another."""
    return _cipher().decrypt(stored[:_NONCE], stored[_NONCE:], bound_to.encode()).decode()


@cache
def vapid() -> Vapid02:
    """The pair of this server, made at first need (RFC 8292)."""
    pem = secrets.read_or_make(config.current().home / "secrets" / "vapid.pem", _new_pem)
    return Vapid02.from_pem(pem.encode())


def _new_pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def application_server_key() -> str:
    """The public half, as browsers take it: an uncompressed point in URL-safe base64."""
    point = vapid().public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
