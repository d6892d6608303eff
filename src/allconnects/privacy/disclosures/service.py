"""Giving data to an authority: proposed, approved by two others, given once with its hash, and told to the person.

Routine statutory feeds are no disclosures: they are recipients of their own in ``privacy/registry``.
Sources: clause 12 of our privacy policy; GDPR art. 5(2), 6(1)(c), 48; art. 5(1)(c) for as little as can be.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from allconnects.accounts import actor
from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.access import service as access
from allconnects.privacy.audit import service as audit
from allconnects.privacy.disclosures.models import Approval, Disclosure, Ground, State
from allconnects.privacy.disclosures.sources import sources
from allconnects.privacy.requests import ports, upkeep

APPROVALS = 2
MOST_DAYS = 62
"""A demand for more is split, so that each part is judged."""
SHORTEST = 20


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked. Texts as they were typed."""

    authority: str
    ground: str
    instrument: str
    instrument_on: date | None
    checked: str
    necessity: str
    person: UUID
    what: Sequence[str]
    first_day: date
    last_day: date
    bar: str = ""
    bar_until: date | None = None


def propose(organisation: int, demand: Demand, by: Account) -> Disclosure:
    """Write a demand down. Raises InvalidInput without ground, instrument, check of who asks, or with too much."""
    _check(demand)
    assert demand.instrument_on is not None
    made = Disclosure.objects.create(
        organisation_id=organisation, authority=demand.authority.strip(), ground=demand.ground,
        instrument=demand.instrument.strip(), instrument_on=demand.instrument_on, checked=demand.checked.strip(),
        necessity=demand.necessity.strip(), person=demand.person, what=list(dict.fromkeys(demand.what)),
        first_day=demand.first_day, last_day=demand.last_day, bar=demand.bar.strip(), bar_until=demand.bar_until,
        proposed_by=by,
    )  # fmt: skip
    _record(made, "disclosure.proposed", ground=made.ground)
    return made


def _check(demand: Demand) -> None:
    if demand.ground not in Ground.values:
        raise InvalidInput(_("Data go to an authority only on one of the grounds of the list."))
    if not demand.instrument.strip() or demand.instrument_on is None:
        raise InvalidInput(_("Without an order or another instrument, nothing is given: a plain letter is not one."))
    if demand.instrument_on > clock.today():
        raise InvalidInput(_("The instrument cannot be of a day to come."))
    if not demand.authority.strip() or len(demand.checked.strip()) < SHORTEST:
        raise InvalidInput(_("Say which authority asks, and how you made sure that it is genuine."))
    if len(demand.necessity.strip()) < SHORTEST:
        raise InvalidInput(_("Say why no less would do."))
    if not demand.what or set(demand.what) - set(sources()):
        raise InvalidInput(_("Choose which kinds of data are asked for."))
    if not timedelta(0) <= demand.last_day - demand.first_day < timedelta(days=MOST_DAYS):
        raise InvalidInput(_("Choose days, at most two months at a time."))
    if bool(demand.bar.strip()) != (demand.bar_until is not None):
        raise InvalidInput(_("If the person may not be told, say who forbade it and until when."))
    if not ports.people().name(demand.person):
        raise InvalidInput(_("There is no such person in the register."))


def approve(disclosure: Disclosure, by: Account) -> Disclosure:
    """One of two approvals. Raises InvalidInput for who proposed it, who approved already, or may not answer here."""
    held = _lock(disclosure, State.PROPOSED)
    if held.proposed_by_id in (None, by.pk):
        raise InvalidInput(_("Somebody else than who proposed it must decide."))
    if by.pk not in {one.pk for one in upkeep.officers(held.organisation_id)}:
        raise InvalidInput(_("Only those who answer requests can approve this."))
    try:
        with transaction.atomic():
            Approval.objects.create(organisation_id=held.organisation_id, disclosure=held, account=by.pk)
    except IntegrityError:
        raise InvalidInput(_("You approved this already; it needs somebody else.")) from None
    _record(held, "disclosure.approved")
    if held.approvals.count() >= APPROVALS:
        held.state = State.APPROVED
        held.save(update_fields=["state"])
    return held


def refuse(disclosure: Disclosure) -> None:
    """Do not give anything."""
    held = _lock(disclosure, State.PROPOSED, State.APPROVED)
    held.state = State.REFUSED
    held.save(update_fields=["state"])
    _record(held, "disclosure.refused")


def give(disclosure: Disclosure, by: Account) -> bytes:
    """The file, made once: what was asked for and no more. Its hash stays, the file does not. Raises InvalidInput."""
    held = _lock(disclosure, State.APPROVED)
    if held.approvals.count() < APPROVALS:
        raise InvalidInput(_("Two people have to approve this first."))
    file, rows = _file(held)
    held.state, held.given_at, held.given_by = State.GIVEN, clock.now(), by
    held.sha256, held.rows = hashlib.sha256(file).hexdigest(), rows
    held.save()
    _record(held, "disclosure.given", sha256=held.sha256, rows=rows, first=held.first_day.isoformat(),
            last=held.last_day.isoformat(), what=sorted(held.what))  # fmt: skip
    with connection.cursor() as cursor:
        access.note(cursor, held.organisation_id, [str(held.person)], purpose="authority", scope="export",
                    first=held.first_day, last=held.last_day, size=rows, matter=held.pk)  # fmt: skip
    return file


def _file(held: Disclosure) -> tuple[bytes, int]:
    start = datetime.combine(held.first_day, datetime.min.time(), BRUSSELS).astimezone(UTC)
    end = datetime.combine(held.last_day + timedelta(days=1), datetime.min.time(), BRUSSELS).astimezone(UTC)
    parts, rows = {}, 0
    for key in held.what:
        source = sources()[key]
        found = source.read(held.organisation_id, held.person, start, end)
        rows += len(found)
        parts[key] = [dict(zip(source.columns, row, strict=True)) for row in found]
    head = {"reference": str(held.pk), "instrument": held.instrument, "from": held.first_day, "to": held.last_day}
    return json.dumps({**head, "data": parts}, default=str, indent=1, sort_keys=True).encode(), rows


def of_person(person: UUID) -> list[Disclosure]:
    """What was given about somebody, for that person; what may not be told yet is not among it."""
    found = Disclosure.objects.filter(person=person, state=State.GIVEN).order_by("-given_at")
    today = clock.today()
    told = [one for one in found if one.bar_until is None or one.bar_until < today]
    for one in told:
        if one.told_at is None:
            one.told_at = clock.now()
            one.save(update_fields=["told_at"])
            _record(one, "disclosure.told")
    return told


def _lock(disclosure: Disclosure, *states: State) -> Disclosure:
    held = Disclosure.objects.select_for_update().get(pk=disclosure.pk)
    if held.state not in states:
        raise InvalidInput(_("This was decided already."))
    return held


def _record(disclosure: Disclosure, action: str, **details: object) -> None:
    with connection.cursor() as cursor:
        audit.record(cursor, disclosure.organisation_id, actor.current().name, action, f"disclosure:{disclosure.pk}",
                     details)  # fmt: skip
