"""The mail to owners when somebody reads about unusually many people."""

from __future__ import annotations

import logging

from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.accounts.mail import FAILURES
from allconnects.accounts.models import Membership, Role
from allconnects.kit import config

log = logging.getLogger(__name__)


def tell(organisation: int, actor: str, count: int) -> int:
    """Write to every owner, in his language; who it was is said by number, as in the audit chain. Returns how many."""
    if not config.current().email_url:
        return 0
    sent = 0
    rows = Membership.objects.filter(organisation_id=organisation, role=Role.OWNER, account__is_active=True)
    for row in rows.select_related("account", "organisation"):
        with translation.override(row.account.language or "nl"):
            subject = _("Unusually many people were looked up at %(organisation)s") % {
                "organisation": row.organisation.name
            }
            body = _(
                "In the last hour %(actor)s read positions or trips of %(count)s people one by one. If that is not "
                "part of somebody's work, take the right away and look at the access log."
            ) % {"actor": actor, "count": count}
        try:
            send_mail(" ".join(subject.splitlines()), body + "\n", None, [row.account.email])
            sent += 1
        except FAILURES:
            log.warning("mail_not_sent")
    return sent
