"""How letters reach people: by e-mail, on the page, or on paper by whoever answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from smtplib import SMTPException
from uuid import UUID

import structlog
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from allconnects.accounts.mail import Posted, post_once
from allconnects.accounts.models import Account
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, config, jobs
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import Case, Channel, Happened, Letter, Way

log = structlog.get_logger()
FOLLOW, CONFIRM = "privacy.requests.follow", "privacy.requests.confirm"
CONFIRM_DAYS = 7
FOLLOW_DAYS = 500
MOST_ATTEMPTS = 6


def address_of(case: Case) -> str:
    """Where to write to: the address that was known for the account, else the one that was given."""
    account = Account.objects.filter(pk=case.account_id).first() if case.account_id and case.identity else None
    return account.email if account else case.email


def way(case: Case) -> Way:
    """How this person can be reached."""
    if address_of(case) and config.current().email_url:
        return Way.EMAIL
    return Way.PAGE if case.account_id and case.identity else Way.PAPER


def link(path: str) -> str:
    """The whole address of a page."""
    settings = config.current()
    return (settings.public_url or f"http://{settings.host}:{settings.port}") + path


def token(case: Case, salt: str) -> str:
    """Names a case to whoever holds the mail; cannot be guessed or made."""
    return signing.dumps([case.organisation_id, str(case.pk)], salt=salt)


def read_token(text: str, salt: str) -> tuple[int, UUID] | None:
    """Organisation and case of a token; None when it is none, or too old."""
    days = CONFIRM_DAYS if salt == CONFIRM else FOLLOW_DAYS
    try:
        organisation, case = signing.loads(text, salt=salt, max_age=timedelta(days=days))
        return int(organisation), UUID(case)
    except (signing.BadSignature, ValueError, TypeError):
        return None


def follow_link(case: Case) -> str:
    """The page of a case for whoever has no account; a member's own page else."""
    if case.channel == Channel.PAGE:
        return link(reverse("requests:mine_one", args=[case.pk]))
    return link(reverse("requests:follow", args=[token(case, FOLLOW)]))


def confirm_link(case: Case) -> str:
    """The page that confirms an address."""
    return link(reverse("requests:confirm", args=[token(case, CONFIRM)]))


def at_once(to: str, subject: str, body: str) -> bool:
    """Send now. False without a mail server, or when it refuses."""
    if not to or not config.current().email_url:
        return False
    try:
        EmailMessage(" ".join(subject.splitlines()), body, None, [to]).send()
    except (SMTPException, OSError) as error:
        log.warning("requests.mail_not_sent", error=type(error).__name__)
        return False
    return True


def after_commit(case: Case, to: str, subject: str, body: str, then: Callable[[bool], object] | None = None) -> None:
    """Send once this transaction stands, so that no mail speaks of what was thrown away again.

    ``then``: told whether it went, in a transaction of its own that speaks for the organisation of the case.
    """
    organisation = case.organisation_id

    def deliver() -> None:
        done = at_once(to, subject, body)
        if then is not None:
            with speaking_for(organisation):
                then(done)

    transaction.on_commit(deliver, robust=True)


def enqueue(letter: Letter) -> None:
    """Have a letter sent by the worker, once this transaction stands."""
    jobs.defer("requests.send", organisation=letter.organisation_id, letter=letter.pk, key=str(letter.pk))


def send(organisation: int, letter: int) -> None:
    """Send one letter, once: what was begun is not begun again by a program. A mail server that is away is tried
    again, later each time."""
    found = _locked(organisation, letter)
    if found is None or found.sent_at is not None or found.tried_at is not None or found.way != Way.EMAIL:
        return
    found.attempts += 1
    to = address_of(found.case)
    if not to or not config.current().email_url:
        _again(found)
        return
    found.tried_at = clock.now()
    found.save(update_fields=["attempts", "tried_at"])
    message = EmailMessage(" ".join(found.subject.splitlines()), found.body, None, [to])
    post_once(organisation, message, partial(_posted, organisation, letter))


def _locked(organisation: int, letter: int) -> Letter | None:
    rows = Letter.objects.select_for_update(of=("self",)).select_related("case")
    return rows.filter(organisation_id=organisation, pk=letter).first()


def _posted(organisation: int, letter: int, posted: Posted) -> None:
    found = _locked(organisation, letter)
    if found is None or found.sent_at is not None or posted == "unknown":
        return
    if posted == "sent":
        found.sent_at = clock.now()
        found.save(update_fields=["sent_at"])
        note(found.case, Happened.SENT, kind=found.kind, letter=found.pk)
    else:
        found.tried_at = None
        _again(found)


def _again(found: Letter) -> None:
    """Nothing went out: later, and by hand when it never works."""
    if found.attempts >= MOST_ATTEMPTS:
        found.way = Way.PAPER
        note(found.case, Happened.NOT_SENT, kind=found.kind, letter=found.pk)
    else:
        when = clock.now() + timedelta(minutes=5 * 3 ** (found.attempts - 1))
        jobs.defer("requests.send", organisation=found.organisation_id, letter=found.pk, at=when)
    found.save(update_fields=["attempts", "tried_at", "way"])


def send_again(letter: Letter) -> None:
    """Somebody decided to send once more what was perhaps sent. Raises InvalidInput for another letter."""
    found = _locked(letter.organisation_id, letter.pk)
    if found is None or not found.unsure:
        raise InvalidInput(_("Only a letter of which nobody knows whether it was sent is sent again."))
    found.tried_at, found.attempts = None, 0
    found.save(update_fields=["tried_at", "attempts"])
    enqueue(found)


def handed_over(letter: Letter) -> None:
    """Somebody posted or handed over a letter on paper."""
    if letter.sent_at is None:
        letter.sent_at, letter.way = clock.now(), Way.PAPER
        letter.save(update_fields=["sent_at", "way"])
        note(letter.case, Happened.SENT, kind=letter.kind, letter=letter.pk)
