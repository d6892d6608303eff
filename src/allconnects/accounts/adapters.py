"""How allauth behaves here: nobody signs up by himself, and second factors are encrypted at rest."""

from __future__ import annotations

import base64
import hashlib
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest

from allconnects.accounts.mail import FAILURES

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by accepting an invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Never: the page says so."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away neither fails the page nor betrays who has an account."""
        try:
            super().send_mail(template_prefix, email, context)
        except FAILURES:
            log.warning("mail_not_sent")


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """A copy of the database does not hold what makes one-time codes."""

    def encrypt(self, text: str) -> str:
        """The secret as ciphertext under a key that is derived from the platform's."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret itself. Raises cryptography's InvalidToken when the platform's key has changed."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The name that an authenticator shows is the product's; the id stays the host."""
        return {**super().get_public_key_credential_rp_entity(), "name": "allconnects"}


def _cipher() -> Fernet:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"second factors").digest()
    return Fernet(base64.urlsafe_b64encode(key))
