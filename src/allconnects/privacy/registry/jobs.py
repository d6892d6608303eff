"""Telling people of a material change: one mail each, written down when it left."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.accounts.mail import FAILURES
from allconnects.kit import clock, jobs
from allconnects.privacy.registry import public
from allconnects.privacy.registry.models import Notice, Receipt

log = structlog.get_logger()
AT_ONCE = 50
MOST_ATTEMPTS = 6


@jobs.task("registry.tell", outside=True)
def tell(organisation: int, notice: int) -> None:
    """Send some of the mails and ask for the rest. Who cannot be reached is written down and told by hand."""
    found = Notice.objects.select_related("organisation").get(organisation_id=organisation, pk=notice)
    waiting = Receipt.objects.select_for_update(of=("self",)).select_related("account")
    some = list(waiting.filter(notice=found, sent_at=None, problem="").order_by("attempts", "pk")[:AT_ONCE])
    failed = sum(not _send(found, one) for one in some)
    if failed or len(some) == AT_ONCE:
        wait = timedelta(minutes=15 if failed else 0)
        jobs.defer("registry.tell", organisation=organisation, notice=notice, at=clock.now() + wait)


def _send(notice: Notice, receipt: Receipt) -> bool:
    account = receipt.account
    if not account.is_active:
        receipt.problem = "closed"
        receipt.save(update_fields=["problem"])
        return True
    with translation.override(account.language or "nl"):
        subject = _("How %(name)s uses personal data changes") % {"name": notice.organisation.name}
        day = notice.effective_on.strftime("%d/%m/%Y")
        body = _("From %(day)s a new privacy notice holds. What changes and the earlier versions:") % {"day": day}
    try:
        EmailMessage(
            " ".join(subject.splitlines()), f"{body}\n{public.link(notice)}\n", None, [account.email]
        ).send()  # fmt: skip
    except FAILURES as error:
        log.warning("registry.mail_not_sent", error=type(error).__name__)
        receipt.attempts += 1
        receipt.problem = "unreachable" if receipt.attempts >= MOST_ATTEMPTS else ""
        receipt.save(update_fields=["attempts", "problem"])
        return bool(receipt.problem)
    receipt.sent_at = clock.now()
    receipt.save(update_fields=["sent_at"])
    return True
