"""What happened to a case: an append-only history of its own, and the audit chain."""

from __future__ import annotations

from typing import Any

from django.db import connection

from allconnects.accounts import actor
from allconnects.privacy.audit import service as audit
from allconnects.privacy.requests.models import Case, Event, Happened

QUIET = frozenset({Happened.LETTER, Happened.SENT, Happened.NOT_SENT, Happened.REMINDED, Happened.CODE_SENT})
"""What stands in the history only."""


def note(case: Case, what: Happened, *, by: str = "", **facts: Any) -> Event:
    """Write down, in this transaction, that something happened. ``facts``: numbers, days, words of closed lists."""
    who = by or actor.current().name
    event = Event.objects.create(organisation_id=case.organisation_id, case=case, actor=who, what=what, facts=facts)
    if what not in QUIET:
        with connection.cursor() as cursor:
            audit.record(cursor, case.organisation_id, who, f"request.{what}", f"case:{case.pk}", facts)
    return event
