"""Making sure who asks, with no more than is needed.

A session is enough for one's own data; else a code to an address that was known before, or somebody of the employer
who knows the person. Never a copy of an identity card. Sources: GDPR art. 12(6), 11; EDPB guidelines 01/2022, part 3.3.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from allconnects.accounts import actor
from allconnects.accounts.models import Account, Membership
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import letters, ports, sending, working
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import OPEN, Case, Happened, Identity, LetterKind, State
from allconnects.privacy.requests.receiving import identified, welcome

DIGITS = 8
GOOD_FOR = timedelta(minutes=30)
MOST_TRIES = 5
BY_STAFF = (Identity.EMPLOYER, Identity.KNOWN, Identity.CALLBACK)
"""What whoever answers may say he did; the other ways prove themselves."""


def _digest(case: Case, code: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"{case.pk}:{code}".encode(), hashlib.sha256).hexdigest()


def link(case: Case, *, person: UUID | None = None, account: int | None = None) -> None:
    """Say whose data it is. Raises InvalidInput when there is no such person or member here."""
    if person is not None and not ports.people().name(person):
        raise InvalidInput(_("There is no such person in the register."))
    if account is None and person is not None:
        account = ports.people().account_of(person)
    if account is not None and not Membership.objects.filter(account_id=account).exists():
        raise InvalidInput(_("There is no such member here."))
    if account is not None and person is None:
        person = ports.people().of_account(account)
    if (person, account) == (None, None):
        raise InvalidInput(_("Choose a person or a member."))
    if case.identity and (case.person, case.account_id) != (person, account):
        case.identity, case.identity_at, case.identity_by = Identity.NONE, None, None
    case.person, case.account_id, case.route_by = person, account, None
    case.save()
    note(case, Happened.LINKED, person=person is not None, account=account is not None)
    working.advance(case)


def send_code(case: Case) -> None:
    """Send a code to the address that was known before the request. Raises InvalidInput without such an address."""
    account = Account.objects.filter(pk=case.account_id).first() if case.account_id else None
    if account is None or case.state not in OPEN:
        raise InvalidInput(_("No address of this person was known before the request."))
    code = "".join(secrets.choice("0123456789") for _each in range(DIGITS))
    case.code_hash, case.code_expires_at, case.code_tries = _digest(case, code), clock.now() + GOOD_FOR, 0
    case.save(update_fields=["code_hash", "code_expires_at", "code_tries"])
    text = letters.compose(case, LetterKind.CODE, code=code, minutes=int(GOOD_FOR.total_seconds() // 60))

    def told(done: bool) -> None:
        note(case, Happened.CODE_SENT if done else Happened.NOT_SENT, by=who, kind="code")

    who = actor.current().name
    sending.after_commit(case, account.email, text.subject, text.body, told)


def enter_code(case: Case, text: str) -> bool:
    """Whether the code is right; then the identity is. A wrong one counts: after five, a new code must be sent."""
    with transaction.atomic():
        held = Case.objects.select_for_update().get(pk=case.pk)
        if not held.code_hash or held.code_tries >= MOST_TRIES or (held.code_expires_at or clock.now()) <= clock.now():
            return False
        if not hmac.compare_digest(held.code_hash, _digest(held, "".join(text.split()))):
            held.code_tries += 1
            held.save(update_fields=["code_tries"])
            note(held, Happened.CODE_WRONG, tries=held.code_tries)
            return False
        held.code_hash, held.code_expires_at = "", None
        held.save(update_fields=["code_hash", "code_expires_at"])
        identified(held, Identity.CODE)
        working.advance(held)
    case.refresh_from_db()
    return True


def confirm(case: Case, how: str, by: Account) -> None:
    """Somebody answers for who asks. Raises InvalidInput for another way, or while it is not known whose data it is."""
    if how not in BY_STAFF:
        raise InvalidInput(_("Say how the identity was checked. A copy of an identity card is never asked."))
    if case.person is None and case.account_id is None:
        raise InvalidInput(_("First say whose data it is."))
    if case.state not in OPEN:
        raise InvalidInput(_("This case is closed."))
    identified(case, Identity(how), by.pk)
    working.advance(case)


def confirm_address(case: Case) -> None:
    """The link of a mail was opened: the address is real, and where it was known before, so is who asks."""
    if case.state != State.UNCONFIRMED:
        return
    case.state = State.RECEIVED
    case.save(update_fields=["state"])
    note(case, Happened.CONFIRMED)
    if case.account_id and not case.identity:
        account = Account.objects.filter(pk=case.account_id).first()
        if account is not None and account.email == case.email:
            identified(case, Identity.CODE)
    welcome(case)
