"""Mails to many: made once, sent to each who agrees at that very moment, with a way out that works in one click.

Sources: RFC 2369 and RFC 8058 (List-Unsubscribe, List-Unsubscribe-Post; https, signed, without cookie); Code of
Economic Law XII.13 (a commercial mail says how to stop). The mail server signs with DKIM, both headers included.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.accounts.mail import FAILURES
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, config
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.consents import ledger, newsletter, wordings
from allconnects.privacy.consents.closing import is_closed
from allconnects.privacy.consents.models import Copy, Mailing, Outcome

log = structlog.get_logger()
MOST_ATTEMPTS = 5
BUDGET_S = 10.0
_COPIES = """
INSERT INTO privacy_consents_copy (mailing_id, subscriber_id, outcome, attempts, due_at)
SELECT %(mailing)s, s.key, 'waiting', 0, %(now)s FROM privacy_consents_subscriber s
WHERE s.confirmed_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM privacy_consents_suppressed x WHERE x.address_hash = s.address_hash)
  AND (SELECT a.deed = 'given' AND a.expires_at > %(now)s FROM privacy_consents_act a
       WHERE a.subject = 'address:' || s.address_hash AND a.purpose = %(purpose)s ORDER BY a.id DESC LIMIT 1)"""


def make(purpose: str, texts: Mapping[str, Mapping[str, str]]) -> tuple[Mailing, int]:
    """Put a mailing on its way: a copy for each who agrees now. Returns it and how many copies.

    ``texts``: by language ``subject`` and ``text``; English is needed, for whom no other fits. Raises NotFound for an
    unknown purpose, InvalidInput for unfit texts, for what was sent before, and where no https address is set.
    """
    wordings.purpose(purpose)
    _check(texts)
    raw = json.dumps([purpose, texts], sort_keys=True, ensure_ascii=False)
    with transaction.atomic():
        made, new = Mailing.objects.get_or_create(
            digest=hashlib.sha256(raw.encode()).hexdigest(), defaults={"purpose": purpose, "texts": texts}
        )
        if not new:
            raise InvalidInput("this mailing was sent before")
        with connection.cursor() as cursor:
            cursor.execute(_COPIES, {"mailing": made.pk, "purpose": purpose, "now": clock.now()})
            return made, cursor.rowcount


def _check(texts: Mapping[str, Mapping[str, str]]) -> None:
    settings = config.current()
    if not settings.email_url or not settings.public_url.startswith("https://"):
        raise InvalidInput("mailings need ALLCONNECTS_EMAIL_URL and an https address in ALLCONNECTS_PUBLIC_URL")
    if "en" not in texts or not set(texts) <= {"nl", "fr", "en", "de"}:
        raise InvalidInput("a mailing needs a text in en, and may have nl, fr and de")
    for one in texts.values():
        if set(one) != {"subject", "text"} or not all(isinstance(v, str) and v.strip() for v in one.values()):
            raise InvalidInput("each language has a subject and a text")


def send_due(budget_s: float = BUDGET_S) -> int:
    """Send what waits, for at most so many seconds. Returns how many went. One at a time, each in its transaction."""
    ends, sent = time.monotonic() + budget_s, 0
    while time.monotonic() < ends:
        outcome = _next()
        if outcome is None:
            break
        sent += outcome == Outcome.SENT
    return sent


def _next() -> str | None:
    with speaking_for(None):
        waiting = Copy.objects.select_for_update(skip_locked=True, of=("self",)).select_related("subscriber", "mailing")
        found = waiting.filter(outcome=Outcome.WAITING, due_at__lte=clock.now()).order_by("due_at", "pk").first()
        if found is None:
            return None
        found.outcome = _deliver(found)
        found.done_at = None if found.outcome == Outcome.WAITING else clock.now()
        found.save(update_fields=["outcome", "attempts", "due_at", "done_at"])
        return found.outcome


def _deliver(found: Copy) -> str:
    """The gate is asked here, at the last moment: a withdrawal between making and sending stops the copy."""
    subject = f"address:{found.subscriber.address_hash}"
    if not ledger.allowed(subject, found.mailing.purpose) or is_closed(found.subscriber):
        return Outcome.DROPPED
    try:
        message(found).send()
    except FAILURES as error:
        log.warning("consents.mail_not_sent", error=type(error).__name__)
        found.attempts += 1
        found.due_at = clock.now() + timedelta(minutes=5 * 3**found.attempts)
        return Outcome.WAITING if found.attempts < MOST_ATTEMPTS else Outcome.FAILED
    return Outcome.SENT


def message(found: Copy) -> EmailMessage:
    """The mail of one copy, in its reader's language."""
    subscriber, texts = found.subscriber, found.mailing.texts
    language = subscriber.language if subscriber.language in texts else "en"
    out = newsletter.base_url() + reverse(
        "consents:out", args=[newsletter.out_token(subscriber, found.mailing.purpose)]
    )
    with translation.override(language):
        why = _("You get this because you asked for it. Stop it here, in one click:")
    headers: dict[str, Any] = {
        "List-Unsubscribe": f"<{out}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Message-ID": f"<mailing-{found.mailing_id}-{found.pk}@allconnects>",
        "Precedence": "bulk",
    }
    text = texts[language]
    subject = " ".join(text["subject"].splitlines())
    return EmailMessage(subject, f"{text['text'].strip()}\n\n-- \n{why}\n{out}\n", None, [subscriber.email],
                        headers=headers)  # fmt: skip
