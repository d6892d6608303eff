"""What waits for a second person, whatever room it belongs to: one list, so that nothing waits unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.access import TenantRequest, at_least
from allconnects.accounts.models import Account, Role
from allconnects.fleet.private.exceptions import OPEN_FOR
from allconnects.kit import clock
from allconnects.privacy.investigations import rules
from allconnects.privacy.requests import ports, seconds
from allconnects.privacy.requests.access import answers
from allconnects.privacy.requests.models import OPEN

_WAITING: Final = """
    SELECT 'decision', d.case_id::text, c.reference, d.proposed_at, d.proposed_by_id, false
    FROM privacy_case_decision d JOIN privacy_case c ON c.id = d.case_id
    WHERE d.organisation_id = %(organisation)s AND d.decided_at IS NULL AND c.state = ANY(%(open)s)
    UNION ALL
    SELECT 'disclosure', d.id::text, d.authority, d.proposed_at, d.proposed_by_id,
           EXISTS (SELECT FROM privacy_disclosure_approval a WHERE a.disclosure_id = d.id AND a.account = %(account)s)
    FROM privacy_disclosure d
    WHERE d.organisation_id = %(organisation)s AND d.state = 'proposed'
      AND (d.proposed_by_id = %(account)s OR NOT coalesce(d.person = %(person)s AND d.bar_until >= %(today)s, false))
    UNION ALL
    SELECT 'investigation', i.id::text, '', i.asked_at, i.asked_by_id,
           EXISTS (SELECT FROM privacy_investigation_about a
                   WHERE a.investigation_id = i.id AND a.person = %(person)s)
    FROM privacy_investigation i
    WHERE i.organisation_id = %(organisation)s AND i.state = 'asked' AND i.asked_at > %(asked_after)s
      AND (i.asked_by_id = %(account)s OR NOT coalesce(i.told_from > %(today)s, false)
           OR NOT EXISTS (SELECT FROM privacy_investigation_about a
                          WHERE a.investigation_id = i.id AND a.person = %(person)s))
    UNION ALL
    SELECT 'theft', e.id::text, coalesce(v.name, ''), e.declared_at, e.declared_by_id, false
    FROM fleet_locationexception e LEFT JOIN fleet_vehicle v ON v.id = e.vehicle_id
    WHERE e.organisation_id = %(organisation)s AND e.kind = 'theft' AND e.start IS NULL AND e."end" IS NULL
      AND e.declared_at > %(declared_after)s
    UNION ALL
    SELECT 'support', g.id::text, g.ticket, g.asked_at, g.account_id, false
    FROM accounts_supportgrant g
    WHERE g.organisation_id = %(organisation)s AND g.begins_at IS NULL AND g.ended_at IS NULL
    ORDER BY 4"""


@dataclass(frozen=True, slots=True)
class Kind:
    """``url``: where it is decided. ``needed``: by how many others; ``least``: from which role on, None where it takes
    somebody who answers requests."""

    title: str | Promise
    url: Callable[[str], str]
    least: Role | None = None
    needed: int = 1


KINDS: Final = {
    "decision": Kind(_("A fee or a refusal"), lambda key: reverse("requests:case", args=[key])),
    "disclosure": Kind(
        _("A demand of an authority"), lambda key: reverse("disclosures:one", args=[key]), needed=2
    ),
    "investigation": Kind(_("An investigation"), lambda key: reverse("investigations:one", args=[key])),
    "theft": Kind(_("A vehicle declared stolen"), lambda _key: reverse("driver:office") + "#h-theft", Role.PLANNER),
    "support": Kind(_("Access for support"), lambda _key: reverse("support:grants"), Role.MANAGER),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits. ``may``: whoever looks can decide it; ``mine``: he asked for it. ``until``: then it has to
    be asked anew."""

    kind: str
    title: str | Promise
    about: str
    since: datetime
    until: datetime | None
    url: str
    may: bool
    mine: bool


def items(request: TenantRequest) -> list[Item]:
    """What waits, the oldest first, as far as whoever asks may see it: to decide, or because he asked for it."""
    account, organisation = request.user, request.organisation
    assert isinstance(account, Account)
    assert organisation is not None
    now, wait = clock.now(), timedelta(days=rules.number("wait_days", clock.today()))
    values = {
        "organisation": organisation.pk, "account": account.pk, "person": ports.people().of_account(account.pk),
        "today": clock.today(), "open": [str(one) for one in OPEN], "asked_after": now - wait,
        "declared_after": now - OPEN_FOR,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, values)
        rows = cursor.fetchall()
    officer = bool(rows) and answers(request)
    lasts = {"investigation": wait, "theft": OPEN_FOR}
    return [one for row in rows if (one := _item(request, row, account.pk, lasts, officer=officer)) is not None]


def _item(
    request: TenantRequest, row: tuple[Any, ...], account: int, lasts: dict[str, timedelta], *, officer: bool
) -> Item | None:
    kind, key, about, since, by, out = row
    known, mine = KINDS[kind], by == account
    allowed = officer if known.least is None else at_least(request.role, known.least)
    if not allowed and not (mine and kind == "investigation"):
        return None
    until = since + lasts[kind] if kind in lasts else None
    may = allowed and by is not None and not mine and not out
    return Item(kind, known.title, about, since, until, known.url(key), may, mine)


def lacking(organisation: int, by: Account, found: list[Item]) -> list[seconds.Seconds]:
    """What is missing so that what somebody asked for himself can be decided at all; each once."""
    kinds = {one.kind: KINDS[one.kind] for one in found if one.mine}
    asked = {(one.least, one.needed) for one in kinds.values()}
    said = [
        seconds.members(organisation, by, least) if least else seconds.who_answer(organisation, by, needed)
        for least, needed in sorted(asked, key=str)
    ]
    return [one for one in said if one.lacks]
