"""What the clock brings: reminders, cases that got stuck, unconfirmed ones that go, content whose time is over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allconnects.accounts.models import Account, Membership, Role
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.requests import deadlines, metrics, sending, working
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import OPEN, Case, Correction, Event, Happened, Letter, Officer, Right, State
from allconnects.privacy.retention import RULES

log = structlog.get_logger()
CONTENT_DAYS = 90
"""Days after the answer that words and letters stay, in which a complaint about it is likely."""
_FORGET = ("privacy_correction", "privacy_case_decision", "privacy_case_letter", "privacy_case_event")
_ENDED = "SELECT id FROM privacy_case WHERE coalesce(closed_at, registered_at) < %s AND state <> ALL(%s) LIMIT 500"
_OLD = "SELECT id FROM privacy_disclosure WHERE coalesce(given_at, proposed_at) < %s"
_DEMANDS = (
    f"DELETE FROM privacy_disclosure_approval WHERE disclosure_id IN ({_OLD})",
    f"DELETE FROM privacy_disclosure WHERE id IN ({_OLD})",
)
_LOOKED = "SELECT id FROM privacy_investigation WHERE coalesce(decided_at, asked_at) < %s"
_INVESTIGATIONS = (
    f"DELETE FROM privacy_investigation_about WHERE investigation_id IN ({_LOOKED})",
    f"DELETE FROM privacy_investigation WHERE id IN ({_LOOKED})",
)
_LATE = "SELECT count(*) FILTER (WHERE due_on < %s), count(*) FROM privacy_case WHERE state = ANY(%s)"
_OVERDUE = """
    SELECT o.slug, c.reference, c.due_on, c."right", c.state FROM privacy_case c
    JOIN accounts_organisation o ON o.id = c.organisation_id
    WHERE c.state = ANY(%s) AND c.due_on < %s ORDER BY c.due_on, c.reference"""


def look(organisation: int) -> None:
    """Erasures that got stuck are told of; one that cannot be asked does not keep the others."""
    cases = Case.objects.filter(organisation_id=organisation, right=Right.ERASURE, state=State.WORKING)
    for case in cases.exclude(work=None).order_by("due_on")[:200]:
        try:
            working.look(case)
        except AllconnectsError as error:
            log.warning("requests.erasure_not_asked", error=error.code)


def lift(organisation: int) -> None:
    """What was stopped may be used again on the day of which the person was told before."""
    due = Case.objects.filter(organisation_id=organisation, lifts_on__lte=clock.today()).exclude(restricted_at=None)
    for case in due.order_by("lifts_on")[:200]:
        try:
            with transaction.atomic():
                working.lift(case)
        except AllconnectsError as error:
            log.warning("requests.not_lifted", error=error.code)


def remind(organisation: int) -> int:
    """Write to whoever answers about what is pressing today: alarm days, our target, the last day, and each day after.

    Once a day a case. Returns how many cases were reminded of.
    """
    now = clock.today()
    open_cases = Case.objects.filter(organisation_id=organisation, state__in=OPEN)
    pressing = [case for case in open_cases.order_by("due_on") if is_pressing(case, now)]
    done = Event.objects.filter(case__in=pressing, what=Happened.REMINDED, facts__day=now.isoformat())
    told = set(done.values_list("case_id", flat=True))
    new = [case for case in pressing if case.pk not in told]
    for case in new:
        note(case, Happened.REMINDED, by="process:worker", day=now.isoformat(), due=case.due_on.isoformat())
    if new:
        for account in officers(organisation):
            _write_to(new[0], account, len(new))
    return len(new)


def is_pressing(case: Case, now: date) -> bool:
    """Whether somebody is reminded of a case on a day."""
    if case.route_by is not None and now >= case.route_by:
        return True
    days = {*deadlines.alarms(case.received_on), case.wanted_on, case.due_on}
    return now in days or now > case.due_on


def officers(organisation: int) -> list[Account]:
    """Who answers: owners, and the members named for it."""
    members = Membership.objects.filter(organisation_id=organisation)
    named = Officer.objects.filter(organisation_id=organisation).values("account_id")
    chosen = members.filter(Q(role=Role.OWNER) | Q(account_id__in=named)).values("account_id")
    return list(Account.objects.filter(pk__in=chosen, is_active=True).order_by("pk"))


def _write_to(first: Case, account: Account, count: int) -> None:
    """The mail says how many and until when; who asked stands on the page only."""
    with translation.override(account.language or "nl"):
        line = ngettext("%(count)s request about personal data needs you.",
                        "%(count)s requests about personal data need you.", count) % {"count": count}  # fmt: skip
        until = _("The first is due on %(day)s.") % {"day": first.due_on.strftime("%d/%m/%Y")}
        subject = _("Requests about personal data")
        body = f"{line} {until}\n\n{sending.link('/privacy/requests/queue/')}\n"
        sending.after_commit(first, account.email, subject, body)


def purge(organisation: int) -> None:
    """Addresses that were never confirmed go with their case; content goes some time after the answer."""
    now = clock.now()
    stale = Case.objects.filter(
        organisation_id=organisation, state=State.UNCONFIRMED,
        registered_at__lt=now - timedelta(days=sending.CONFIRM_DAYS + 1),
    )  # fmt: skip
    for case in stale.exclude(words="", name="", email="")[:500]:
        _empty(case, close=True)
    ended = Case.objects.filter(organisation_id=organisation, purged_at=None)
    old = now - timedelta(days=CONTENT_DAYS)
    for case in ended.filter(Q(closed_at__lt=old) | Q(state=State.ROUTED, registered_at__lt=old))[:500]:
        _empty(case)


def _empty(case: Case, *, close: bool = False) -> None:
    case.name = case.email = case.address = case.words = ""
    case.purged_at = clock.now()
    if close:
        case.state, case.closed_at = State.WITHDRAWN, clock.now()
    case.save()
    Letter.objects.filter(case=case).update(subject="", body="")
    Correction.objects.filter(case=case, person=None).update(measured="", corrected="")
    note(case, Happened.PURGED, by="process:worker")


def keep(connection: psycopg.Connection[Any]) -> None:
    """Cases whose time is over go whole; what is open and late is counted for /metrics. As the worker."""
    before = clock.now() - timedelta(days=RULES["request"].default_days or 0)
    gone = [row[0] for row in connection.execute(_ENDED, (before, list(OPEN)))]
    if gone:
        with connection.transaction():
            for table in _FORGET:
                connection.execute(f"DELETE FROM {table} WHERE case_id = ANY(%s)".encode(), (gone,))
            connection.execute("DELETE FROM privacy_case WHERE id = ANY(%s)", (gone,))
    with connection.transaction():
        for statement in (*_DEMANDS, *_INVESTIGATIONS):
            connection.execute(statement.encode(), (before,))
    row = connection.execute(_LATE, (clock.today(), list(OPEN))).fetchone()
    assert row is not None
    metrics.overdue.set(row[0])
    metrics.waiting.set(row[1])


def overdue(connection: psycopg.Connection[Any]) -> list[tuple[str, str, date, str, str]]:
    """Every late case of the platform: organisation, reference, last day, right, state; no names."""
    return [tuple(row) for row in connection.execute(_OVERDUE, (list(OPEN), clock.today()))]
