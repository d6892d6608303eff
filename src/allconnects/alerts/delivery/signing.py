"""Standard Webhooks (https://www.standardwebhooks.com, specification 1.0.0): how a message is signed. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SCHEDULE_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Waits between attempts, as the specification suggests: about three days in all."""


def new_secret() -> str:
    """A secret as receivers enter it: 256 random bits in base64 behind a prefix."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(message: str, timestamp: int, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The three headers. Several secrets, while one is being replaced, sign side by side."""
    signatures = " ".join(f"v1,{_signature(message, timestamp, body, key)}" for key in keys)
    return {
        "Content-Type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures,
    }


def _signature(message: str, timestamp: int, body: bytes, key: str) -> str:
    raw = base64.b64decode(key.removeprefix(PREFIX))
    signed = f"{message}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode()


def wait_s(attempts: int) -> int | None:
    """Seconds until the next attempt after so many, None when there is none."""
    return SCHEDULE_S[attempts - 1] if attempts <= len(SCHEDULE_S) else None
