"""The work that a request asks for: what begins by itself, what a person begins, and how far it is.

Objection and restriction stop the use first, and are decided afterwards (GDPR art. 18(1)(d), 21(1)). Erasing cannot be
undone, so somebody begins it by hand.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from allconnects.accounts import actor
from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import ports
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import Case, Happened, LetterKind, Right, State

STOPS_FIRST = (Right.RESTRICTION, Right.OBJECTION)
PACKS: dict[str, ports.Scope] = {Right.ACCESS: "access", Right.PORTABILITY: "portability"}

LIFT_NOTICE, LATEST_LIFT = timedelta(days=7), timedelta(days=92)
"""How long before a notice goes, offered; and at most. The law says before, and no number (GDPR art. 18(3))."""


def subject(case: Case) -> ports.Subject:
    """Whose data it is. Raises InvalidInput while nobody knows."""
    if case.person is None and case.account_id is None:
        raise InvalidInput(_("First say whose data it is."))
    return ports.Subject(case.organisation_id, case.person, case.account_id)


def sort(case: Case, right: str) -> None:
    """Name the right that is asked for. Raises InvalidInput for an unknown one, or once work has begun."""
    if right not in Right.values:
        raise InvalidInput(_("This is not one of the rights."))
    if case.state not in (State.RECEIVED, State.IDENTITY) or case.work is not None:
        raise InvalidInput(_("Work on this request has begun already."))
    case.right = right
    case.save(update_fields=["right"])
    note(case, Happened.SORTED, right=right)
    advance(case)


def advance(case: Case) -> None:
    """Go on as far as no human is needed. May be called at any time, any number of times."""
    if case.state not in (State.RECEIVED, State.IDENTITY) or not case.right:
        return
    if not case.identity and case.right != Right.INFORMATION:
        if case.state != State.IDENTITY:
            case.state = State.IDENTITY
            case.save(update_fields=["state"])
        return
    case.state = State.WORKING
    case.save(update_fields=["state"])
    note(case, Happened.STARTED, right=case.right)
    if case.right in STOPS_FIRST:
        stop_use(case)
    if case.right in PACKS:
        pack(case)


def stop_use(case: Case) -> bool:
    """Stop the use of the person's data; False when the program could not, which whoever answers then sees."""
    from allconnects.privacy.requests import letters

    if case.restricted_at is not None:
        return True
    try:
        ports.holds().restrict(subject(case), case=case.pk, ground=case.right, by=_acting(case))
    except ports.Unavailable:
        return False
    case.restricted_at = clock.now()
    case.save(update_fields=["restricted_at"])
    note(case, Happened.RESTRICTED)
    letters.write(case, LetterKind.RESTRICTED, day=clock.now().date())
    return True


def _acting(case: Case) -> int:
    """The account that acts: of whoever is signed in, else of the person or of who checked the identity."""
    kind, _mark, number = actor.current().name.partition(":")
    return int(number) if kind == "account" else int(case.account_id or case.identity_by_id or 0)


def announce_lift(case: Case, reason: str, day: date | None) -> None:
    """Tell the person from which day on the use is allowed again; on that day it is, by itself (GDPR art. 18(3)).

    Raises InvalidInput without a reason, or for a day on which the notice would not come before.
    """
    if day is None or not clock.today() < day <= clock.today() + LATEST_LIFT:
        raise InvalidInput(_("The person is told before: choose a day from tomorrow on, within three months."))
    if case.lifts_on is not None:
        raise InvalidInput(_("The person was told already."))
    _announce(case, reason, day)
    case.lifts_on = day
    case.save(update_fields=["lifts_on"])


def lift_at_once(case: Case, reason: str) -> None:
    """Allow the use again because the person wants it: there is nothing to wait for."""
    if case.lifts_on is None:
        _announce(case, reason, clock.today())
    lift(case)


def _announce(case: Case, reason: str, day: date) -> None:
    from allconnects.privacy.requests import letters

    if case.restricted_at is None:
        raise InvalidInput(_("The use of these data was not stopped."))
    if len(reason.strip()) < 10:
        raise InvalidInput(_("Say why, in words that the person understands."))
    ports.holds().announce(subject(case), case=case.pk, by=_acting(case))
    letters.write(case, LetterKind.LIFTING, day=day, reason=reason.strip())


def lift(case: Case) -> None:
    """Allow the use again, after the notice. Raises what the holds raise, and NotFound when nothing is stopped."""
    ports.holds().lift(subject(case), case=case.pk, by=_acting(case))
    case.restricted_at = case.lifts_on = None
    case.save(update_fields=["restricted_at", "lifts_on"])
    note(case, Happened.LIFTED)


def pack(case: Case) -> bool:
    """Have the data packed; False when the program could not."""
    if case.work is not None:
        return True
    try:
        case.work = ports.exports().request(subject(case), case=case.pk, scope=PACKS[case.right])
    except ports.Unavailable:
        return False
    case.save(update_fields=["work"])
    return True


def begin_erasing(case: Case, by: Account) -> None:
    """Begin to erase. Raises InvalidInput where it was not asked, the identity is not checked, or it runs already."""
    if case.right != Right.ERASURE or case.state not in (State.WORKING, State.PARTIAL):
        raise InvalidInput(_("Erasing begins with a request for it, once the identity is checked."))
    if case.work is not None:
        raise InvalidInput(_("Erasing has begun already."))
    case.work = ports.erasures().begin(subject(case), case=case.pk, by=by.pk)
    case.save(update_fields=["work"])
    note(case, Happened.STARTED, right=case.right)


def progress(case: Case) -> Any:
    """How far an erasure is; None where there is none."""
    if case.right != Right.ERASURE or case.work is None:
        return None
    return ports.erasures().status(case.work)


def package_state(case: Case) -> str:
    """How far the packing is; empty where nothing is packed."""
    if case.right not in PACKS or case.work is None:
        return ""
    return ports.exports().status(case.work)


def fetch(case: Case) -> bytes:
    """The package, once. Raises InvalidInput while there is none, or while it is not known who asks."""
    if case.work is None or not case.identity or package_state(case) != "ready":
        raise InvalidInput(_("There is nothing to fetch. A package can be fetched once, and for some days only."))
    content = ports.exports().open_once(case.work)
    note(case, Happened.DELIVERED, bytes=len(content))
    return content


def look(case: Case) -> None:
    """Look how far an erasure is, and tell the person honestly once it got stuck half way (AT-10)."""
    from allconnects.privacy.requests import letters

    found = progress(case)
    if found is None or found.state != "partial" or case.state != State.WORKING:
        return
    case.state = State.PARTIAL
    case.save(update_fields=["state"])
    note(case, Happened.PARTIAL)
    letters.write(case, LetterKind.PARTIAL, kept=[tuple(map(str, one)) for one in found.kept])
