"""What people do with events: find them, take them on, put them off, close them, write down why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from allconnects.alerts.models import Alert, Handling, Rule, Step, What
from allconnects.alerts.services import outbox, sighted
from allconnects.alerts.services.record import step
from allconnects.kit import clock, words
from allconnects.kit.errors import InvalidInput, NotFound

PAGE = 50
MOST_AT_ONCE = 500
LONGEST_SNOOZE = timedelta(days=7)
OPEN = (Handling.OPEN, Handling.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events. ``handling``: a state, ``unresolved`` (open or acknowledged) or empty for all but withdrawn."""

    handling: str = "unresolved"
    severity: str = ""
    rule: int | None = None
    subject: str = ""
    text: str = ""
    begin: datetime | None = None
    end: datetime | None = None


def alerts(
    wanted: Filter, after: tuple[datetime, int] | None = None, limit: int = PAGE, *, beside: bool = False
) -> list[Alert]:
    """Events as who acts may see them, newest first; ``after``: start and id of the last one of the page before.

    ``beside``: as ``sighted.seen`` says. A fixed number of queries.
    """
    found = sighted.visible(_filtered(wanted))
    if after is not None:
        found = found.filter(Q(start_at__lt=after[0]) | Q(start_at=after[0], id__lt=after[1]))
    return sighted.seen(list(found.select_related("rule").order_by("-start_at", "-id")[:limit]), beside=beside)


def _filtered(wanted: Filter) -> QuerySet[Alert]:
    found = Alert.objects.all()
    if wanted.handling == "unresolved":
        found = found.filter(handling__in=OPEN)
    elif wanted.handling in Handling.values:
        found = found.filter(handling=wanted.handling)
    else:
        found = found.exclude(handling=Handling.WITHDRAWN)
    named = {"rule__severity": wanted.severity, "rule_id": wanted.rule, "subject": wanted.subject}
    found = found.filter(**{name: value for name, value in named.items() if value})
    if wanted.text:
        found = words.holding(found, words.words_of(wanted.text), ("subject_name", "rule__name"))
    if wanted.begin:
        found = found.filter(start_at__gte=wanted.begin)
    if wanted.end:
        found = found.filter(start_at__lt=wanted.end)
    return found


def count_open() -> int:
    """How many events nobody has taken on, for the mark in the navigation; counts to 100."""
    now = clock.now()
    waiting = Alert.objects.filter(handling=Handling.OPEN).filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))
    return sighted.visible(waiting).order_by()[:100].count()


def alert(number: int) -> Alert:
    """One event with its rule. Raises NotFound."""
    found = Alert.objects.select_related("rule").filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such alert."))
    return found


def looked_at(number: int) -> Alert:
    """One event as who acts may see it, not to be saved. Raises NotFound."""
    found = sighted.visible(Alert.objects.select_related("rule").filter(pk=number)).first()
    if found is None:
        raise NotFound(_("There is no such alert."))
    return sighted.seen([found])[0]


def history(found: Alert) -> list[Step]:
    """What happened to it, in order."""
    return list(found.steps.select_related("account").order_by("at", "id"))


def acknowledge(numbers: Iterable[int], account: int | None, note: str = "") -> int:
    """Take events on. Those that are so already, or closed, stay as they are. Returns how many changed."""
    return _move(numbers, account, (Handling.OPEN,), Handling.ACKNOWLEDGED, What.ACKNOWLEDGED, note)


def resolve(numbers: Iterable[int], account: int | None, note: str = "") -> int:
    """Close events. Returns how many changed. Raises NotFound when one does not exist."""
    return _move(numbers, account, OPEN, Handling.RESOLVED, What.RESOLVED, note)


def reopen(numbers: Iterable[int], account: int | None, note: str = "") -> int:
    """Undo closing."""
    return _move(numbers, account, (Handling.RESOLVED, Handling.ACKNOWLEDGED), Handling.OPEN, What.REOPENED, note)


def _move(
    numbers: Iterable[int], account: int | None, before: Iterable[str], to: Handling, what: What, note: str = ""
) -> int:
    """Under a lock, so that of two who press at once one does it and the other finds it done."""
    wanted = _numbers(numbers)
    rows = list(
        Alert.objects.select_for_update(of=("self",)).select_related("rule").filter(pk__in=wanted).order_by("pk")
    )
    if len(rows) != len(wanted):
        raise NotFound(_("There is no such alert."))
    changed = [row for row in rows if row.handling in before]
    for row in changed:
        row.handling, row.changed_at = to, clock.now()
        step(row, what, account, _note(note))
        if to == Handling.RESOLVED:
            outbox.told_resolved(row)
    Alert.objects.bulk_update(changed, ["handling", "changed_at"])
    return len(changed)


def snooze(numbers: Iterable[int], account: int | None, minutes: int, note: str = "") -> int:
    """Put events off: they leave the count and do not escalate until then. Raises NotFound, InvalidInput."""
    if not 0 < minutes <= LONGEST_SNOOZE.total_seconds() / 60:
        raise InvalidInput(_("An alert can be put off for a week at most."))
    wanted, until = _numbers(numbers), clock.now() + timedelta(minutes=minutes)
    rows = list(Alert.objects.select_for_update().filter(pk__in=wanted, handling__in=OPEN).order_by("pk"))
    if Alert.objects.filter(pk__in=wanted).count() != len(wanted):
        raise NotFound(_("There is no such alert."))
    for row in rows:
        row.snoozed_until, row.changed_at = until, clock.now()
        step(row, What.SNOOZED, account, _note(note))
    Alert.objects.bulk_update(rows, ["snoozed_until", "changed_at"])
    return len(rows)


def note(number: int, account: int | None, text: str) -> None:
    """Write something down about an event. Raises NotFound, InvalidInput."""
    if not text.strip():
        raise InvalidInput(_("Write something down first."))
    step(alert(number), What.NOTED, account, _note(text))


def _note(text: str) -> str:
    text = text.strip()
    if len(text) > 500:
        raise InvalidInput(_("A note has at most 500 characters."))
    return text


def _numbers(numbers: Iterable[int]) -> list[int]:
    wanted = sorted(set(numbers))
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(_("At most %(most)s at once.") % {"most": MOST_AT_ONCE})
    return [number for number in wanted if 0 < number < 2**63] or _none(wanted)


def _none(wanted: list[int]) -> list[int]:
    if wanted:
        raise NotFound(_("There is no such alert."))
    raise InvalidInput(_("Choose at least one alert."))


def escalate() -> int:
    """Tell the next role of what nobody took on in time. Returns how many."""
    now = clock.now()
    due = (
        Alert.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("rule")
        .filter(handling=Handling.OPEN, escalated_at=None, notified=True, rule__escalate_minutes__isnull=False)
    )
    rows = [row for row in due.exclude(snoozed_until__gt=now)[:1000] if _is_due(row, row.rule, now)]
    for row in rows:
        row.escalated_at = row.changed_at = now
        row.save(update_fields=["escalated_at", "changed_at"])
        step(row, What.ESCALATED)
        outbox.tell(row, "escalated", [row.rule.escalate_role])
    return len(rows)


def _is_due(row: Alert, rule: Rule, now: datetime) -> bool:
    """Counted from when the event was written, not from when it happened: late data gives people their time, too."""
    raised = row.steps.filter(what=What.RAISED).values_list("at", flat=True).first()
    return raised is not None and now - raised >= timedelta(minutes=rule.escalate_minutes or 0)
