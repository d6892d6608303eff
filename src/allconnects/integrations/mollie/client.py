"""Mollie's payments API, version 2, as far as a hosted checkout needs it.

Source: docs.mollie.com, Payments API v2: amounts are strings with the currency's decimals, ``Idempotency-Key`` makes a
repeated request the same payment, a webhook carries only an id, and a card is told by its last four digits.
"""

from __future__ import annotations

import http.client
import json
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _

from allconnects.billing.errors import ProcessorDown
from allconnects.billing.processor import Told
from allconnects.kit import config

TIMEOUT_S, MAX_BYTES = 15.0, 256 * 1024
LOCALES = {"nl": "nl_BE", "fr": "fr_BE", "en": "en_GB", "de": "de_DE"}
_STATES = {
    "open": "open", "pending": "pending", "authorized": "pending", "paid": "paid", "failed": "failed",
    "canceled": "canceled", "expired": "expired",
}  # fmt: skip


class Mollie:
    """A client with one key. Every method raises ProcessorDown when the API does not answer sensibly."""

    name = "mollie"

    def __init__(self, url: str, key: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._url, self._key, self._timeout_s = urlsplit(url), key, timeout_s

    def create(
        self, *, key: str, amount: Decimal, currency: str, text: str, back_url: str, hook_url: str, language: str
    ) -> Told:
        """A payment with a page of Mollie's. ``text`` is the number of the invoice: nothing else goes along."""
        body = {
            "amount": _amount(amount, currency), "description": text, "redirectUrl": back_url, "webhookUrl": hook_url,
            "locale": LOCALES.get(language, "en_GB"),
        }  # fmt: skip
        return _told(self._call("POST", "/v2/payments", body, key))

    def look(self, reference: str) -> Told:
        """What became of a payment."""
        return _told(self._call("GET", f"/v2/payments/{quote(reference, safe='')}"))

    def refund(self, reference: str, *, key: str, amount: Decimal, currency: str) -> None:
        """Pay back."""
        path = f"/v2/payments/{quote(reference, safe='')}/refunds"
        self._call("POST", path, {"amount": _amount(amount, currency)}, key)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, key: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=self._timeout_s)
        try:
            connection.request(method, self._url.path.rstrip("/") + path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read(MAX_BYTES + 1)
            status = answer.status
        except (OSError, http.client.HTTPException) as error:
            raise ProcessorDown(_("The payment processor does not answer; nothing was charged.")) from error
        finally:
            connection.close()
        return _read(status, text)


def _read(status: int, text: bytes) -> dict[str, Any]:
    """The object of an answer. What a processor says of an error stays out: it may repeat what was sent."""
    if not 200 <= status < 300:
        raise ProcessorDown(_("The payment processor refused; nothing was charged."), status=status)
    try:
        found = json.loads(text) if len(text) <= MAX_BYTES else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProcessorDown(_("The payment processor answered with something else."))
    return found


def _amount(amount: Decimal, currency: str) -> dict[str, str]:
    return {"currency": currency, "value": f"{amount:.2f}"}


def _told(found: dict[str, Any]) -> Told:
    try:
        amount, links = found["amount"], found.get("_links", {})
        back = Decimal(found["amountRefunded"]["value"]) if "amountRefunded" in found else Decimal(0)
        value = Decimal(amount["value"])
        state = "refunded" if back and back >= value else _STATES[found["status"]]
        details = found.get("details") or {}
        return Told(
            str(found["id"]), state, value, str(amount["currency"]), links.get("checkout", {}).get("href", ""),
            str(details.get("cardLabel") or ""), str(details.get("cardNumber") or ""),
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError, InvalidOperation):
        raise ProcessorDown(_("The payment processor answered with something else.")) from None


def from_settings() -> Mollie | None:
    """The client of this server; None where no key is set."""
    settings = config.current()
    return Mollie(settings.mollie_url, settings.mollie_key) if settings.mollie_key else None
