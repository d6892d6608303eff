"""A look into what one person or vehicle did, beyond what everyday work shows.

One asks, on a ground of the list, for certain days and kinds of data; another who answers requests grants or refuses
it, never who asked and never whom it is about. For some days the one who asked may then read just that: working hours
and the limits that people set themselves do not hold for it, everything else does (private trips, homes, restriction).
Each reading stands in the access log under the case; the person sees the case and its readings.
Sources: GDPR art. 5(1)(b) and (c), 5(2), 6(1)(f); the grounds and numbers in ``rules.toml`` with theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from allconnects.accounts import actor
from allconnects.accounts.models import Account
from allconnects.kit import clock, config
from allconnects.kit.clock import BRUSSELS
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from allconnects.privacy.audit import service as audit
from allconnects.privacy.export.service import LEFT_OUT
from allconnects.privacy.investigations import ports, rules
from allconnects.privacy.investigations.models import About, Investigation, State
from allconnects.privacy.requests import ports as people
from allconnects.privacy.requests import upkeep

SHORTEST = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked: about a person or a vehicle, one of both."""

    ground: str
    what: Sequence[str]
    first_day: date
    last_day: date
    reason: str
    person: UUID | None = None
    vehicle: int | None = None
    delay_days: int = 0
    delay_because: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a case opens, for one reading: of these ``people``, of this ``vehicle`` or, without, of the one person."""

    case: UUID
    people: frozenset[str]
    vehicle: int | None


def law_of_delay(ground: str) -> tuple[str, str]:
    """Articles of the GDPR by which telling later is defended on this ground: by themselves, and by a national law."""
    return rules.law_of_delay(ground, clock.today())


def most_delay(ground: str) -> int:
    """How many days later a person may be told, on this ground and server."""
    return config.current().investigation_delay_days if rules.grounds(clock.today()).get(ground) else 0


def ask(organisation: int, wanted: Wanted, by: Account) -> Investigation:
    """Ask for a look. Raises InvalidInput without ground or reason, with too much, or about nobody."""
    _check(wanted)
    about = {wanted.person} if wanted.person else ports.who_had(organisation, wanted.vehicle or 0, *_span(wanted))
    made = Investigation.objects.create(
        organisation_id=organisation, ground=wanted.ground, person=wanted.person, vehicle=wanted.vehicle,
        what=list(dict.fromkeys(wanted.what)), first_day=wanted.first_day, last_day=wanted.last_day,
        reason=wanted.reason.strip(), delay_days=wanted.delay_days, asked_by=by, told_from=_told_at_last(wanted),
        delay_because=wanted.delay_because.strip() if wanted.delay_days else "",
    )  # fmt: skip
    _add_about(made, about)
    delay = {"told_days_later": made.delay_days} if made.delay_days else {}
    _record(made, "investigation.asked", ground=made.ground, what=sorted(made.what), days=_days(made), **delay)
    return made


def _check(wanted: Wanted) -> None:
    today = clock.today()
    if wanted.ground not in rules.grounds(today):
        raise InvalidInput(_("An investigation needs one of the grounds of the list."))
    if (wanted.person is None) == (wanted.vehicle is None):
        raise InvalidInput(_("Choose one person or one vehicle."))
    if wanted.person is not None and not people.people().name(wanted.person):
        raise InvalidInput(_("There is no such person in the register."))
    if not wanted.what or set(wanted.what) - set(ports.kinds()):
        raise InvalidInput(_("Choose which kinds of data are needed."))
    most = rules.number("most_days", today)
    if not timedelta(0) <= wanted.last_day - wanted.first_day < timedelta(days=most) or wanted.last_day > today:
        raise InvalidInput(_("Choose days that are over or today, at most %(days)s of them.") % {"days": most})
    if not SHORTEST <= len(wanted.reason.strip()) <= 1000:
        raise InvalidInput(_("Say what happened, and why everyday data do not do: at least a sentence."))
    if not 0 <= wanted.delay_days <= most_delay(wanted.ground):
        raise InvalidInput(_("On this ground the person is told at once."))
    if wanted.delay_days and not SHORTEST <= len(wanted.delay_because.strip()) <= 400:
        raise InvalidInput(_("Say why telling the person at once would defeat it: at least a sentence."))


def _told_at_last(wanted: Wanted) -> date | None:
    """Until when nothing is told of what waits: as if it were decided on the last day on which it can be."""
    if not wanted.delay_days:
        return None
    today = clock.today()
    return today + timedelta(days=rules.number("wait_days", today) + wanted.delay_days)


def decide(case: UUID, by: Account, *, grant: bool, because: str) -> Investigation:
    """Grant or refuse, once. Raises NotFound, Forbidden for who asked or whom it is about, InvalidInput."""
    held = _lock(case)
    _may_decide(held, by)
    if len(because.strip()) < 3:
        raise InvalidInput(_("Say in a few words why."))
    now, today = clock.now(), clock.today()
    if held.state != State.ASKED:
        raise InvalidInput(_("This was decided already."))
    if held.asked_at < now - timedelta(days=rules.number("wait_days", today)):
        raise InvalidInput(_("This was asked too long ago. It has to be asked again."))
    held.decided_by, held.decided_at, held.because = by, now, because.strip()[:400]
    held.state = State.GRANTED if grant else State.REFUSED
    if grant:
        held.valid_until = now + timedelta(days=rules.number("valid_days", today))
    if grant or held.delay_days:
        held.told_from = today + timedelta(days=held.delay_days)
    held.save()
    delay = {"told_from": str(held.told_from)} if held.delay_days else {}
    _record(held, "investigation.granted" if grant else "investigation.refused", **delay)
    return held


def _may_decide(held: Investigation, by: Account) -> None:
    if by.pk not in {one.pk for one in upkeep.officers(held.organisation_id)}:
        raise Forbidden(_("Only those who answer requests can decide this."))
    if held.asked_by_id in (None, by.pk):
        raise Forbidden(_("Somebody else than who asked must decide."))
    if people.people().of_account(by.pk) in concerned(held):
        raise Forbidden(_("It is about you: somebody else must decide."))


def end(case: UUID, by: Account) -> Investigation:
    """Nothing is read under it any more. Raises NotFound, Forbidden for who neither asked nor answers requests."""
    held = _lock(case)
    if by.pk != held.asked_by_id and by.pk not in {one.pk for one in upkeep.officers(held.organisation_id)}:
        raise Forbidden(_("Only who asked, or who answers requests, can end this."))
    if held.state not in (State.ASKED, State.GRANTED):
        raise InvalidInput(_("This is over already."))
    held.state = State.ENDED
    held.save(update_fields=["state"])
    _record(held, "investigation.ended")
    return held


def opened(case: UUID, by: Account, kind: str, first: date, last: date) -> Opened:
    """What may be read now under a case, of one kind and within its days, by who asked for it and by nobody else.

    Raises NotFound, and InvalidInput when it does not open that. Held until the transaction ends, so that no reading
    goes on under a case that somebody has just ended.
    """
    held = Investigation.objects.select_for_update().filter(pk=case, asked_by=by).first()
    if held is None:
        raise NotFound(_("There is no such investigation."))
    if not held.open:
        raise InvalidInput(_("This investigation is not open (any more)."))
    if kind not in held.what or first < held.first_day or last > held.last_day:
        raise InvalidInput(_("This investigation was granted for other data or other days."))
    about = concerned(held)
    if held.vehicle is None and not about:
        raise InvalidInput(_("The data of this person may not be used at present."))
    return Opened(held.pk, frozenset(map(str, about)), held.vehicle)


def note_read(found: Opened, organisation: int, kind: str, lines: int) -> None:
    """In the audit chain too: a kind of data was read under the case."""
    with connection.cursor() as cursor:
        audit.record(cursor, organisation, actor.current().name, "investigation.read", f"investigation:{found.case}",
                     {"what": kind, "lines": lines})  # fmt: skip


def concerned(held: Investigation) -> set[UUID]:
    """Whom a case is about; who turned out to have had the vehicle meanwhile too, and from then on sees it."""
    known = set(held.about.values_list("person", flat=True))
    if held.vehicle is not None:
        _add_about(held, ports.who_had(held.organisation_id, held.vehicle, *_span(held)) - known)
        known = set(held.about.values_list("person", flat=True))
    return known


def of_person(person: UUID) -> list[Investigation]:
    """Cases about somebody that were granted, the newest first, for that person; from when he is told on."""
    rows = Investigation.objects.filter(about__person=person, told_from__lte=clock.today(), valid_until__isnull=False)
    return list(rows.order_by("-decided_at")[:100])


def kept_from(account: Account) -> QuerySet[About, UUID]:
    """Numbers of the cases about whom an account belongs to, of which he is told later."""
    rows, person = About.objects.none(), people.people().of_account(account.pk)
    if person is not None:
        rows = About.objects.filter(person=person, investigation__told_from__gt=clock.today())
    return rows.values_list("investigation_id", flat=True)


def left_out(held: Investigation) -> list[datetime]:
    """When copies of data were made without this case, the newest first."""
    with connection.cursor() as cursor:
        entries = audit.entries_about(cursor, held.organisation_id, f"investigation:{held.pk}")
    return [one.at for one in entries if one.action == LEFT_OUT]


def _add_about(held: Investigation, persons: set[UUID]) -> None:
    rows = [About(organisation_id=held.organisation_id, investigation=held, person=one) for one in sorted(persons)]
    About.objects.bulk_create(rows, ignore_conflicts=True)


def _span(days: Wanted | Investigation) -> tuple[datetime, datetime]:
    start = datetime.combine(days.first_day, time(), BRUSSELS)
    end = datetime.combine(days.last_day + timedelta(days=1), time(), BRUSSELS)
    return start.astimezone(UTC), end.astimezone(UTC)


def _lock(case: UUID) -> Investigation:
    held = Investigation.objects.select_for_update().filter(pk=case).first()
    if held is None:
        raise NotFound(_("There is no such investigation."))
    return held


def _days(held: Investigation) -> str:
    return f"{held.first_day}/{held.last_day}"


def _record(held: Investigation, action: str, **details: object) -> None:
    with connection.cursor() as cursor:
        audit.record(cursor, held.organisation_id, actor.current().name, action, f"investigation:{held.pk}", details)
