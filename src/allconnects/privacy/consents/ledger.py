"""The ledger: writing an act down, and asking at run time whether something is allowed.

Sources: GDPR art. 4(11), 7 and recital 32: an unambiguous act, each purpose apart, shown afterwards, as easy to take
back as to give. A ledger that anybody can write into proves nothing: writes carry a nonce that works once.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from allconnects.kit import clock
from allconnects.kit.errors import Forbidden
from allconnects.privacy.consents import wordings
from allconnects.privacy.consents.models import Act, Deed, Method, Rejection, Suppressed

log = structlog.get_logger()
_ADDRESS = "address:"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class Rejected(Forbidden):
    """A write that is not believed. ``reason``: forged, replayed, cross_origin or expired."""

    code = "consent_rejected"

    def __init__(self, reason: str) -> None:
        super().__init__(_("This form is too old, was sent already or came from elsewhere. Reload the page."))
        self.reason = reason


def nonce() -> str:
    """A number to be used once."""
    return secrets.token_urlsafe(24)


def record(
    subject: str, purpose: str, deed: Deed, *, method: Method, origin: str, language: str, once: str = ""
) -> Act:
    """Add an act in the current transaction. ``origin``: path of the page or word of the command.

    ``once``: the nonce that the form or link carried. Raises Rejected("replayed") when it was used before, NotFound for
    an unknown purpose.
    """
    asked, now = wordings.purpose(purpose), clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, (f"consent {subject}",))
    try:
        with transaction.atomic():
            return Act.objects.create(
                subject=subject, purpose=purpose, deed=deed, method=method, origin=origin[:60], at=now,
                wording=wordings.keep(asked, language), nonce=once or nonce(),
                expires_at=asked.expires(now) if deed == Deed.GIVEN else None,
            )  # fmt: skip
    except IntegrityError as error:
        if "consent_nonce_once" in str(error):
            raise Rejected("replayed") from None
        raise


def reject(reason: str, origin: str) -> None:
    """Write down that a write was turned away; nothing of what it held."""
    with transaction.atomic():
        Rejection.objects.create(reason=reason, origin=origin[:60])
    log.warning("consent.rejected", reason=reason)


def newest(subject: str, keys: Iterable[str] | None = None) -> dict[str, Act]:
    """The act that holds, by purpose."""
    rows = Act.objects.filter(subject=subject)
    if keys is not None:
        rows = rows.filter(purpose__in=list(keys))
    return {act.purpose: act for act in rows.order_by("purpose", "-id").distinct("purpose")}


def allowed(subject: str, purpose: str, at: datetime | None = None) -> bool:
    """Whether that subject agrees to that purpose now. To be asked at the moment of the deed, not before.

    False when nothing was said, after a withdrawal, when it has run out, and for an address that is suppressed.
    """
    if subject.startswith(_ADDRESS) and is_suppressed(subject.removeprefix(_ADDRESS)):
        return False
    act = Act.objects.filter(subject=subject, purpose=purpose).order_by("-id").first()
    moment = at or clock.now()
    return act is not None and act.deed == Deed.GIVEN and act.expires_at is not None and moment < act.expires_at


def history(subject: str) -> list[Act]:
    """Every act of a subject, newest first, with the words that were shown."""
    return list(Act.objects.filter(subject=subject).select_related("wording").order_by("-id"))


def is_suppressed(address_hash: str) -> bool:
    """Whether that address is not to be written to again."""
    return Suppressed.objects.filter(address_hash=address_hash).exists()


def suppress(address_hash: str, reason: str) -> None:
    """Never write to that address again, until its owner asks for it himself."""
    Suppressed.objects.get_or_create(address_hash=address_hash, defaults={"reason": reason})
