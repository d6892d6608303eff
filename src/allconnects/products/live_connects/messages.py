"""Messages between the office and a driver: one thread a driver, with receipts that both sides see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from allconnects.accounts.access import at_least
from allconnects.accounts.models import Account, Membership, Organisation, Role
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects.models import MESSAGE_MOST, Message

SHOWN = 100
OFFICE = Role.PLANNER
"""The lowest role that writes to drivers."""
_THREADS = """
    SELECT a.id, coalesce(nullif(a.name, ''), a.email), last.text, last.at, coalesce(last.sender_id = a.id, false),
           (SELECT count(*) FROM live_message u WHERE u.organisation_id = m.organisation_id AND u.driver_id = a.id
               AND u.sender_id = a.id AND u.read_at IS NULL)
    FROM accounts_membership m
    JOIN accounts_account a ON a.id = m.account_id
    LEFT JOIN LATERAL (SELECT text, at, sender_id FROM live_message l
        WHERE l.organisation_id = m.organisation_id AND l.driver_id = a.id ORDER BY l.id DESC LIMIT 1) last ON true
    WHERE m.role = 'driver'
    ORDER BY last.at DESC NULLS LAST, 2"""


@dataclass(frozen=True, slots=True)
class Thread:
    """A driver with the last message; ``unread``: how many of the driver's nobody of the office has seen."""

    driver: int
    name: str
    text: str | None
    at: datetime | None
    from_driver: bool
    unread: int


def threads() -> list[Thread]:
    """Every driver of the organisation, who wrote last first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_THREADS)
        return [Thread(*row) for row in cursor.fetchall()]


def driver_by(number: int) -> Account:
    """A driver of the organisation. Raises NotFound."""
    found = Membership.objects.filter(account_id=number, role=Role.DRIVER).select_related("account").first()
    if found is None:
        raise NotFound(_("There is no such driver."))
    return found.account


def driver_of(account: Account, role: str | None, driver: int) -> Account:
    """The driver of a thread that this account may see: drivers see their own only. Raises NotFound."""
    own = driver == account.pk and role == Role.DRIVER
    if own or at_least(role, OFFICE):
        return driver_by(driver)
    raise NotFound(_("There is no such driver."))


def thread(reader: Account, driver: Account) -> list[Message]:
    """The latest messages, oldest first. What the other side wrote counts as read from now on."""
    read(driver, by_driver=reader.pk == driver.pk)
    return latest(driver)


def latest(driver: Account, after: int = 0, limit: int = SHOWN) -> list[Message]:
    """The latest messages, oldest first; with ``after`` the first ones behind that id. Nothing counts as read."""
    found = Message.objects.filter(driver=driver).select_related("sender")
    if after:
        return list(found.filter(pk__gt=after).order_by("id")[:limit])
    return list(reversed(found.order_by("-id")[:limit]))


def read(driver: Account, *, by_driver: bool, upto: int | None = None) -> int:
    """What the other side wrote counts as read, up to an id if one is named. Returns how many were new."""
    theirs = Message.objects.filter(driver=driver, read_at=None)
    theirs = theirs.exclude(sender=driver) if by_driver else theirs.filter(sender=driver)
    return (theirs if upto is None else theirs.filter(pk__lte=upto)).update(read_at=clock.now())


def unread(account: Account | None, role: str | None, *, program: bool = False) -> int:
    """How many messages wait for an account: a driver's own, or those of all drivers to the office; counts to 100."""
    found = Message.objects.filter(read_at=None)
    if program or at_least(role, OFFICE):
        return found.filter(sender=F("driver"))[:100].count()
    if role == Role.DRIVER and account is not None:
        return found.filter(driver=account).exclude(sender=account)[:100].count()
    return 0


def send(organisation: Organisation, sender: Account | None, driver: Account, text: str, client_id: str) -> Message:
    """Write a message; sent twice with the same ``client_id`` it stands there once.

    ``sender`` None: a program of the office. Raises InvalidInput.
    """
    text, client_id = text.strip(), client_id.strip()
    if not text or len(text) > MESSAGE_MOST or "\0" in text:
        raise InvalidInput(_("A message has between 1 and %(most)s characters.") % {"most": MESSAGE_MOST})
    if not 8 <= len(client_id) <= 40 or not client_id.isprintable():
        raise InvalidInput(_("This message cannot be told from another one: load the page again."))
    message, _made = Message.objects.get_or_create(
        organisation=organisation, sender=sender, client_id=client_id,
        defaults={"driver": driver, "text": text, "at": clock.now()},
    )  # fmt: skip
    return message
