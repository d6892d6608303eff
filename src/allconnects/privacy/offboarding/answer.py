"""The answer to whoever asked: what went, what stays, why and until when."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.kit import config

log = structlog.get_logger()
_TO = """
    UPDATE privacy_offboarding n SET answer_to = '' FROM privacy_offboarding o
    WHERE n.organisation_id = %s AND o.organisation_id = n.organisation_id AND o.answer_to <> ''
    RETURNING o.answer_to, o.language"""
"""Forgotten before it is written to, durably: whoever is killed in between does not write twice."""


def text(steps: list[dict[str, Any]], kept: list[dict[str, Any]]) -> str:
    """The answer in the current language. ``steps`` and ``kept`` as the leaving notes them."""
    rows = sum(step["rows"] for step in steps)
    lines = [
        _("Your organisation has left. What it had here is deleted, in every table, and the keys of its positions are "
          "destroyed: no copy of them can be read any more."),
        _("Rows that went: %(rows)d.") % {"rows": rows},
        "",
        _("What stays, why and until when:"),
        *(f"- {one['what']}: {one['why']} ({one['until']})" for one in kept),
        "- " + _("That an organisation left, without names: so that a backup does not bring it back (three years)"),
        "- " + _("Backups: they hold no readable positions, and go with their time; a restore deletes all of it again"),
    ]  # fmt: skip
    return "\n".join(lines)


def send(connection: psycopg.Connection[Any], organisation: int, steps: Any, kept: Any) -> int:
    """Mail it once, where there is a mail server. One that fails holds nothing up: the operator has the same answer."""
    row = connection.execute(_TO, (organisation,)).fetchone() if config.current().email_url else None
    if row is None:
        return 0
    with translation.override(row[1]):
        mail = EmailMessage(_("Your organisation has left"), text(steps, kept), settings.DEFAULT_FROM_EMAIL, [row[0]])
        try:
            return int(mail.send() or 0)
        except (SMTPException, OSError) as error:
            log.warning("offboarding.answer_not_sent", error=type(error).__name__)
            return 0
