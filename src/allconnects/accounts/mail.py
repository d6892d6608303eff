"""Mails of the platform's own; allauth sends those about sign-in."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _

from allconnects.kit import config

log = logging.getLogger(__name__)
FAILURES = (SMTPException, OSError)


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
