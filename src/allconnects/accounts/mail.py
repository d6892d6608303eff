"""Mails of the platform's own; allauth sends those about sign-in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Literal

from django.core.mail import EmailMessage, get_connection, send_mail
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import config

log = logging.getLogger(__name__)
FAILURES = (SMTPException, OSError)
Posted = Literal["sent", "refused", "unknown"]
"""What became of a mail. ``unknown``: the server went away while it had it; somebody may have got it."""
_REFUSED = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError)


def post_once(organisation: int, message: EmailMessage, then: Callable[[Posted], None]) -> None:
    """Send a mail at most once: when this transaction stands, in which the caller writes down that it is perhaps sent.

    ``then`` is told what became of it, in a transaction of its own. When that fails, or the process dies in between,
    what was written down stays: it is perhaps sent, no program sends it again, and somebody decides.
    """

    def deliver() -> None:
        posted = _post(message)
        with speaking_for(organisation):
            then(posted)

    transaction.on_commit(deliver, robust=True)


def _post(message: EmailMessage) -> Posted:
    connection = get_connection()
    try:
        connection.open()
    except FAILURES as error:
        log.warning("mail_not_sent", extra={"error": type(error).__name__})
        return "refused"
    try:
        message.connection = connection
        message.send()
    except _REFUSED as error:
        log.warning("mail_not_sent", extra={"error": type(error).__name__})
        return "refused"
    except FAILURES as error:
        log.warning("mail_perhaps_sent", extra={"error": type(error).__name__})
        return "unknown"
    finally:
        with suppress(*FAILURES):
            connection.close()
    return "sent"


def invitation_link(secret: str) -> str:
    """The whole address of an invitation's page."""
    settings = config.current()
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    return base + reverse("invitation", args=[secret])


def send_invitation(email: str, organisation: str, secret: str) -> bool:
    """Send the link. False when there is no mail server or it refuses."""
    if not config.current().email_url:
        return False
    text = _("You are invited to join %(organisation)s on allconnects. The link works once, for seven days:")
    body = text % {"organisation": organisation} + "\n\n" + invitation_link(secret) + "\n"
    subject = _("Invitation to %(organisation)s") % {"organisation": organisation}
    try:
        send_mail(" ".join(subject.splitlines()), body, None, [email])
    except FAILURES:
        log.warning("mail_not_sent")
        return False
    return True
