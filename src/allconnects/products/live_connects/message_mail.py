"""A mail about messages that nobody read in time: that something waits, and where; never what."""

from __future__ import annotations

from datetime import timedelta

from django.core.mail import EmailMessage
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allconnects.accounts.models import Account, Membership, Role
from allconnects.kit import clock, config
from allconnects.products.live_connects.models import Message

LONGEST = timedelta(days=2)
"""What waited for longer than that, because mail was off or away, is not announced any more."""
OFFICE = (Role.PLANNER, Role.MANAGER, Role.OWNER)


def _waiting() -> QuerySet[Message]:
    now, after = clock.now(), config.current().message_mail_minutes
    return Message.objects.filter(
        read_at=None, mailed_at=None, at__lte=now - timedelta(minutes=after), at__gt=now - LONGEST
    )


def due(organisation: int) -> list[int]:  # noqa: ARG001
    """Accounts to whom a mail is due: drivers, and of the office who answered that driver last, else managers."""
    settings = config.current()
    if not settings.message_mail_minutes or not settings.email_url:
        return []
    waiting = _waiting()
    drivers = set(waiting.exclude(sender=F("driver")).values_list("driver_id", flat=True))
    writers = waiting.filter(sender=F("driver")).values_list("driver_id", flat=True)
    return sorted(drivers | {one for driver in set(writers) for one in _office(driver)})


def _office(driver: int) -> list[int]:
    """Who of the office hears of a driver's message."""
    members = Membership.objects.filter(role__in=OFFICE, account__is_active=True)
    last = (
        Message.objects.filter(driver_id=driver, sender__in=members.values("account_id"))
        .order_by("-id")
        .values_list("sender_id", flat=True)
        .first()
    )
    if last is not None:
        return [last]
    found = list(members.filter(role=Role.MANAGER).values_list("account_id", flat=True))
    return found or list(members.values_list("account_id", flat=True))


def send(organisation: int, receiver: int) -> int:  # noqa: ARG001
    """One mail about all that waits for one account. Returns how many messages it announces.

    Marked in the same transaction: a mail that the server takes while the commit fails is sent once more, never lost.
    Raises what the mail server raises: the job is tried again.
    """
    account = Account.objects.filter(
        pk=receiver, is_active=True, pk__in=Membership.objects.values("account_id")
    ).first()  # fmt: skip
    if account is None:
        return 0
    rows = [one for one in _waiting().select_for_update(skip_locked=True) if _concerns(one, account)]
    if rows:
        subject, text = _words(len(rows), account.language)
        EmailMessage(subject, text, None, [account.email]).send()
        Message.objects.filter(pk__in=[one.pk for one in rows]).update(mailed_at=clock.now())
    return len(rows)


def _concerns(one: Message, account: Account) -> bool:
    if one.sender_id != one.driver_id:
        return one.driver_id == account.pk
    return account.pk in _office(one.driver_id)


def _words(count: int, language: str) -> tuple[str, str]:
    settings = config.current()
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    with translation.override(language or "en"):
        subject = ngettext("%(n)s message waits for you", "%(n)s messages wait for you", count) % {"n": count}
        text = _("Somebody wrote to you on allconnects, and you have not read it yet:")
        return subject, f"{text}\n\n{base}{reverse('live:inbox')}\n"
