"""The e-mail box for requests: everything that reaches it becomes a case, with or without the words of the policy.

A mail leaves the inbox only when its case stands in the database: a round first moves what an earlier round committed.
A power cut in between costs nothing, since the same mail is one case (``message_hash``).
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from urllib.parse import unquote, urlsplit

import structlog
from django.db import transaction

from allconnects.kit import clock, config
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import guess, identity, routing, tenants
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.mail import Mail, read
from allconnects.privacy.requests.models import OPEN, Case, Channel, Event, Happened, State
from allconnects.privacy.requests.receiving import MOST_DAYS_BACK, Asked, message_hash, receive

log = structlog.get_logger()
DONE = "Allconnects"
"""The folder for what became a case."""
WITHIN_S = 30
MOST_A_ROUND = 100
MOST_BYTES = 1_000_000
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
FAILURES = (imaplib.IMAP4.error, OSError, EOFError)


def fetch(organisation: int) -> int:
    """One round; returns how many mails became new cases. Nothing happens without a box or for another organisation."""
    if not config.current().privacy_mailbox or tenants.home().id != organisation:
        return 0
    try:
        with _box() as box:
            return sum(_take(organisation, box, uid) for uid in _uids(box)[:MOST_A_ROUND])
    except FAILURES as error:
        log.warning("requests.mailbox_away", error=type(error).__name__)
        return 0


@contextmanager
def _box() -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(config.current().privacy_mailbox)
    host = parts.hostname or ""
    box = (
        imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=ssl.create_default_context(), timeout=WITHIN_S)
        if parts.scheme == "imaps"
        else imaplib.IMAP4(host, parts.port or 143, timeout=WITHIN_S)
    )
    try:
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        _select(box, unquote(parts.path.strip("/")) or "INBOX")
        yield box
    finally:
        with suppress(*FAILURES):
            box.logout()


def _select(box: imaplib.IMAP4, folder: str) -> None:
    if box.select(f'"{folder}"')[0] != "OK":
        raise imaplib.IMAP4.error("no such folder")


def _uids(box: imaplib.IMAP4) -> list[str]:
    """Everything in the folder, read or not: somebody may have looked into the box."""
    found = box.uid("SEARCH", "ALL")[1]
    return found[0].decode().split() if found and found[0] else []


def _take(organisation: int, box: imaplib.IMAP4, uid: str) -> int:
    answer = box.uid("FETCH", uid, f"(INTERNALDATE BODY.PEEK[]<0.{MOST_BYTES}>)")[1]
    found = next((part for part in answer if isinstance(part, tuple)), None)
    if found is None:
        return 0
    mail = read(found[1])
    if _is_known(message_hash(mail.number)):
        _put_away(box, uid)
        return 0
    try:
        with transaction.atomic():
            arrive(organisation, mail, _arrived(found[0]))
    except Exception as error:  # one mail that cannot be taken must not keep the others; it stays in the box
        log.error("requests.mail_not_taken", error=type(error).__name__)
        return 0
    return 1


def _is_known(number: str) -> bool:
    joined = Event.objects.filter(what=Happened.NOTE, facts__mail=number)
    return Case.objects.filter(message_hash=number).exists() or joined.exists()


def _put_away(box: imaplib.IMAP4, uid: str) -> None:
    if box.uid("COPY", uid, DONE)[0] != "OK":
        box.create(DONE)
        if box.uid("COPY", uid, DONE)[0] != "OK":
            return
    box.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
    box.expunge()


def _arrived(head: bytes) -> date:
    """The Brussels day on which the server got it; today where it does not say."""
    found = _DATE.search(head)
    try:
        moment = datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z") if found else None
    except ValueError:
        moment = None
    day = clock.day_of(moment) if moment else clock.today()
    return min(max(day, clock.today() - timedelta(days=MOST_DAYS_BACK)), clock.today())


def arrive(organisation: int, mail: Mail, day: date) -> Case:
    """Make a case of a mail; a reply of the same sender joins its open case, an automatic mail gets no receipt."""
    text = "\n\n".join(filter(None, (mail.subject, mail.text)))
    words = text + (f"\n\n[+{mail.attachments}]" if mail.attachments else "")
    if (open_case := _reply_to(mail)) is not None:
        return _join(open_case, mail, day, words)
    mine = next((one for one in tenants.known(mail.address) if one.organisation == organisation), None)
    asked = Asked(
        channel=Channel.EMAIL, right=guess.right(text), received_on=day, name=mail.name, email=mail.address,
        language=(mine.language if mine else "") or guess.language(text), words=words,
        account=mine.account if mine else None, message_id=mail.number,
    )  # fmt: skip
    case = receive(organisation, asked, confirmed=not mail.automatic)
    if mail.automatic:
        case.state = State.RECEIVED
        case.save(update_fields=["state"])
    elif not routing.by_itself(case) and case.account_id is not None and case.state == State.IDENTITY:
        _ask_code(case)
    return case


def _ask_code(case: Case) -> None:
    try:
        identity.send_code(case)
    except InvalidInput:
        log.info("requests.no_known_address")


def _reply_to(mail: Mail) -> Case | None:
    if not mail.reference or not mail.address:
        return None
    return Case.objects.filter(reference=mail.reference, email=mail.address, state__in=OPEN).first()


def _join(case: Case, mail: Mail, day: date, words: str) -> Case:
    """The reply is kept with the case; its number in the history, by which the same mail is known again."""
    case.words = f"{case.words}\n\n— {day:%d/%m/%Y} —\n{words}"[:20_000]
    case.save(update_fields=["words"])
    note(case, Happened.NOTE, mail=message_hash(mail.number))
    return case
