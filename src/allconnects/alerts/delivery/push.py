"""Web Push: encrypted to the browser (RFC 8291), signed as this server (RFC 8292)."""

from __future__ import annotations

import base64
import os
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from allconnects.alerts.delivery import keys
from allconnects.alerts.delivery.http import Answer, post
from allconnects.kit import clock, config

LIVES_S = 12 * 3600
"""A browser that is off for longer shows the inbox instead."""


def send(endpoint: str, p256dh: str, auth: str, payload: bytes, *, urgent: bool = False) -> Answer:
    """Hand one message to a push service. Raises Refused, Unreachable, ValueError for keys that are none."""
    body = encrypt(p256dh, auth, payload)
    return post(endpoint, body, _headers(endpoint, urgent=urgent))


def encrypt(p256dh: str, auth: str, payload: bytes) -> bytes:
    """The payload as only that browser reads it."""
    one_time = ec.generate_private_key(ec.SECP256R1())
    encrypted: bytes = http_ece.encrypt(
        payload,
        salt=os.urandom(16),
        private_key=one_time,
        dh=_bytes(p256dh),
        auth_secret=_bytes(auth),
        version="aes128gcm",
    )
    return encrypted


def _headers(endpoint: str, *, urgent: bool) -> dict[str, str]:
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(clock.now().timestamp()) + LIVES_S,
        "sub": config.current().public_url or f"mailto:{config.current().email_from}",
    }
    signed = keys.vapid().sign(claims)
    return {
        "Authorization": str(signed["Authorization"]),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(LIVES_S),
        "Urgency": "high" if urgent else "normal",
    }


def check(endpoint: str, p256dh: str, auth: str) -> None:
    """Raises ValueError when a browser's keys are none, Refused for its address."""
    from allconnects.alerts.delivery.guard import parse

    parse(endpoint)
    if len(_bytes(p256dh)) != 65 or len(_bytes(auth)) != 16:
        raise ValueError("not the keys of a subscription")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(p256dh))


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
