"""Closing an account ends what was sent to its address, whoever closes it and how."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save

from allconnects.accounts.models import Account
from allconnects.privacy.consents.models import Subscriber


def listen() -> None:
    """Hear of accounts that are closed or deleted."""
    post_save.connect(_saved, sender=Account, dispatch_uid="consents.closed")
    post_delete.connect(_deleted, sender=Account, dispatch_uid="consents.deleted")


def _saved(instance: Account, **_: Any) -> None:
    if not instance.is_active:
        _deleted(instance)


def _deleted(instance: Account, **_: Any) -> None:
    from allconnects.privacy.consents import newsletter

    newsletter.end(instance.email)


def is_closed(subscriber: Subscriber) -> bool:
    """Whether the address belongs to an account that was closed: asked again before each mail."""
    return Account.objects.filter(email=subscriber.email, is_active=False).exists()
