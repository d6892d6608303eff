"""A request arrives: by whatever way, it becomes a case with the day on which it truly arrived.

Sources: GDPR art. 12(1), 12(2); EDPB guidelines 01/2022, part 3.1: any way counts, no form can be demanded.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from allconnects.accounts.models import LANGUAGES
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS as BRUSSELS
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import deadlines, ports, tenants
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import Case, Channel, Happened, Identity, LetterKind, Right, State

MOST_DAYS_BACK = 366
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came in. ``account`` is proof only where ``identity`` says how it was checked."""

    channel: Channel
    right: str = ""
    language: str = "nl"
    received_on: date | None = None
    name: str = ""
    email: str = ""
    address: str = ""
    words: str = ""
    account: int | None = None
    person: UUID | None = None
    identity: Identity = Identity.NONE
    message_id: str = ""
    entered_by: int | None = None
    twin: tuple[int, UUID] | None = None


def message_hash(message_id: str) -> str:
    """By what a mail is known again; its number names mail servers and often people."""
    return hashlib.sha256(message_id.strip().encode()).hexdigest() if message_id.strip() else ""


def receive(organisation: int, asked: Asked, *, confirmed: bool = True) -> Case:
    """Make the case and its receipt. The same mail twice is one case. ``confirmed`` False: first by a link in a mail.

    Raises InvalidInput for a day in the future or over a year ago, and for an unknown right or language.
    """
    day = asked.received_on or clock.today()
    _check(asked, day)
    try:
        with transaction.atomic():
            case = Case.objects.create(
                organisation_id=organisation, reference=_reference(day), right=asked.right, channel=asked.channel,
                state=State.RECEIVED if confirmed else State.UNCONFIRMED, language=asked.language, received_on=day,
                due_on=deadlines.due(day), wanted_on=deadlines.wanted(day), route_by=_route_by(organisation, asked),
                name=asked.name, email=asked.email.strip().lower(), address=asked.address, words=asked.words,
                person=asked.person or _person(asked.account), account_id=asked.account,
                message_hash=message_hash(asked.message_id), entered_by_id=asked.entered_by,
                twin_organisation=asked.twin[0] if asked.twin else None, twin=asked.twin[1] if asked.twin else None,
            )  # fmt: skip
    except IntegrityError:
        if same := Case.objects.filter(message_hash=message_hash(asked.message_id)).exclude(message_hash="").first():
            return same
        raise
    note(case, Happened.RECEIVED, channel=asked.channel, right=asked.right, day=day.isoformat())
    if asked.identity:
        identified(case, asked.identity)
    if confirmed:
        welcome(case)
    return case


def welcome(case: Case) -> None:
    """What follows a confirmed receipt: the letter, and what can begin by itself."""
    from allconnects.privacy.requests import letters, working

    letters.write(case, LetterKind.RECEIPT)
    working.advance(case)


def _check(asked: Asked, day: date) -> None:
    now = clock.today()
    if day > now:
        raise InvalidInput(_("A request cannot have arrived in the future."))
    if day < now - timedelta(days=MOST_DAYS_BACK):
        raise InvalidInput(_("That day is more than a year ago."))
    if asked.right not in ("", *Right.values):
        raise InvalidInput(_("This is not one of the rights."))
    if asked.language not in dict(LANGUAGES):
        raise InvalidInput(_("This language is not spoken here."))


def _reference(day: date) -> str:
    return f"PR-{day:%y}-" + "".join(secrets.choice(_SIGNS) for _each in range(7))


def _person(account: int | None) -> UUID | None:
    return ports.people().of_account(account) if account is not None else None


def _route_by(organisation: int, asked: Asked) -> date | None:
    """Nobody of ours: whose data it is must be found out within a working day of its coming to us."""
    if asked.account is not None or asked.person is not None or asked.twin is not None:
        return None
    return deadlines.next_working_day(clock.today()) if len(tenants.tenants()) > 1 and is_home(organisation) else None


def is_home(organisation: int) -> bool:
    """Whether an organisation is the one that takes in what names no employer."""
    return tenants.home().id == organisation


def identified(case: Case, how: Identity, by: int | None = None) -> None:
    """Write down how it was made sure who asks."""
    case.identity, case.identity_at, case.identity_by_id = how, clock.now(), by
    case.save(update_fields=["identity", "identity_at", "identity_by"])
    note(case, Happened.IDENTIFIED, how=how)
