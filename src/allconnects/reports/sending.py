"""Reports that are sent by themselves: setting them up, noticing what is due, sending each to each receiver once.

A sending to a receiver is a row of its own, found again by receiver and moment: a job that runs twice sends nothing
twice, and one receiver's refusal holds up no other. After a standstill only the latest is sent, not a pile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from allconnects.accounts.access import at_least
from allconnects.accounts.models import Account, Membership
from allconnects.kit import clock, jobs
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.reports.catalogue import report_of
from allconnects.reports.models import FILES, Delivery, DeliveryState, Frequency, Receiver, Schedule
from allconnects.reports.period import named
from allconnects.reports.running import Reader, ask_of
from allconnects.reports.schedules import next_due, period_of

MOST_SCHEDULES: Final = 200
MOST_RECEIVERS: Final = 50
_SALT: Final = "reports.unsubscribe"


def save_schedule(reader: Reader, values: Mapping[str, Any], schedule: int | None = None) -> Schedule:
    """Set up a report that is sent by itself, or change one. Raises NotFound, InvalidInput, Forbidden.

    ``values``: title, report, purpose, scope (group, summary, selectors, parameters), form, frequency, weekday,
    month_day, hour, attach, link_days, receivers (numbers of accounts).
    """
    found = Schedule(organisation_id=reader.organisation, created_by=reader.account, created_at=clock.now())
    if schedule is not None:
        found = schedule_of(reader.organisation, schedule, lock=True)
    elif Schedule.objects.filter(organisation_id=reader.organisation).count() >= MOST_SCHEDULES:
        raise InvalidInput(_("An organisation sends at most %(most)s reports.") % {"most": MOST_SCHEDULES})
    for name in ("report", "purpose", "form", "frequency", "weekday", "month_day", "hour", "attach", "link_days"):
        setattr(found, name, values[name])
    found.title, found.scope = values["title"].strip(), dict(values["scope"])
    _check(reader, found)
    found.next_at = None if found.paused else next_due(found, clock.now())
    found.save()
    _set_receivers(reader, found, values["receivers"])
    return found


def _check(reader: Reader, found: Schedule) -> None:
    if not 0 < len(found.title) <= 100:
        raise InvalidInput(_("A title has 1 to 100 characters."))
    if found.form not in FILES or found.frequency not in Frequency.values:
        raise InvalidInput(_("Choose a file and how often it is sent."))
    if not (0 <= found.weekday <= 6 and 1 <= found.month_day <= 28 and 0 <= found.hour <= 23):
        raise InvalidInput(_("Choose a day and an hour."))
    if not 1 <= found.link_days <= 31:
        raise InvalidInput(_("A link works for 1 to 31 days."))
    first, last = named("last_week", clock.today())
    ask_of(report_of(found.report), reader, {**found.scope, "purpose": found.purpose, "first": first, "last": last})


def _set_receivers(reader: Reader, schedule: Schedule, accounts: list[int]) -> None:
    """Only members, so that nothing about people leaves the organisation. Who left and is named again, is back."""
    wanted = set(accounts)
    members = Membership.objects.filter(organisation_id=reader.organisation, account_id__in=wanted)
    if not wanted or len(wanted) > MOST_RECEIVERS or set(members.values_list("account_id", flat=True)) != wanted:
        raise InvalidInput(_("Choose 1 to %(most)s receivers among the members.") % {"most": MOST_RECEIVERS})
    schedule.receivers.exclude(account_id__in=wanted).delete()
    for account in wanted:
        Receiver.objects.update_or_create(
            organisation_id=reader.organisation, schedule=schedule, account_id=account,
            defaults={"unsubscribed_at": None},
        )  # fmt: skip


def schedule_of(organisation: int, schedule: int, lock: bool = False) -> Schedule:
    """One of an organisation. Raises NotFound."""
    rows = Schedule.objects.filter(organisation_id=organisation, pk=schedule)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise NotFound(_("There is no such scheduled report."))
    return found


def pause(organisation: int, schedule: int, paused: bool) -> Schedule:
    """Stop or go on sending. Raises NotFound."""
    found = schedule_of(organisation, schedule, lock=True)
    found.paused = paused
    found.next_at = None if paused else next_due(found, clock.now())
    found.save(update_fields=["paused", "next_at"])
    return found


def delete_schedule(organisation: int, schedule: int) -> None:
    """Take one away, with its history. Raises NotFound."""
    schedule_of(organisation, schedule, lock=True).delete()


def send_due(organisation: int) -> int:
    """Ask for every sending that is due now. Returns how many."""
    now, made = clock.now(), 0
    due = Schedule.objects.select_for_update(skip_locked=True)
    for schedule in due.filter(organisation_id=organisation, paused=False, next_at__lte=now):
        assert schedule.next_at is not None
        # The latest of what was missed.
        moment = schedule.next_at
        while (following := next_due(schedule, moment)) <= now:
            moment = following
        made += _ask_for(schedule, moment)
        schedule.next_at = following
        schedule.save(update_fields=["next_at"])
    return made


def send_now(organisation: int, schedule: int) -> int:
    """Send one out of turn, about the period that it would tell of now. Returns to how many. Raises NotFound."""
    return _ask_for(schedule_of(organisation, schedule, lock=True), clock.now().replace(microsecond=0))


def send_again(organisation: int, delivery: int) -> None:
    """Somebody decided to send once more what was perhaps sent. Raises InvalidInput for another sending."""
    found = Delivery.objects.select_for_update().filter(organisation_id=organisation, pk=delivery).first()
    if found is None or not found.unsure:
        raise InvalidInput(_("Only what nobody knows to have been sent is sent again."))
    found.state, found.attempts, found.finished_at = DeliveryState.WAITING, 0, None
    found.due_at = clock.now()
    found.save(update_fields=["state", "attempts", "finished_at", "due_at"])
    jobs.defer("reports.deliver", organisation=organisation, delivery=found.pk)


def _ask_for(schedule: Schedule, moment: Any) -> int:
    first, last = period_of(schedule, moment)
    made = 0
    for receiver in schedule.receivers.filter(unsubscribed_at=None):
        delivery, new = Delivery.objects.get_or_create(
            receiver=receiver, due_at=moment,
            defaults={
                "organisation_id": schedule.organisation_id, "schedule": schedule, "first": first, "last": last,
                "expires_at": clock.now() + timedelta(days=schedule.link_days),
            },
        )  # fmt: skip
        if new:
            jobs.defer("reports.deliver", organisation=schedule.organisation_id, delivery=delivery.pk)
            made += 1
    return made


def role_of(organisation: int, account: int) -> str | None:
    """What an account may do here; None for somebody who is no member any more."""
    rows = Membership.objects.filter(organisation_id=organisation, account_id=account)
    found: str | None = rows.values_list("role", flat=True).first()
    return found


def delivery_of(organisation: int, delivery: int, account: Account) -> Delivery:
    """A sending to this account whose link still works. Raises NotFound."""
    rows = Delivery.objects.filter(organisation_id=organisation, pk=delivery, receiver__account=account)
    found = rows.filter(expires_at__gt=clock.now()).select_related("schedule").first()
    if found is None:
        raise NotFound(_("This link is not for you, or works no longer."))
    return found


def given_of(delivery: Delivery) -> dict[str, Any]:
    """What a sending asks of its report."""
    schedule = delivery.schedule
    return {**schedule.scope, "purpose": schedule.purpose, "first": delivery.first, "last": delivery.last}


def unsubscribe_token(organisation: int, receiver: int) -> str:
    """What the link in a mail carries; it can do this one thing."""
    return signing.dumps([organisation, receiver], salt=_SALT)


def read_token(token: str) -> tuple[int, int]:
    """Organisation and receiver of a link. Raises NotFound."""
    try:
        organisation, receiver = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        raise NotFound(_("This link works no longer.")) from None
    return int(organisation), int(receiver)


def receiver_of(organisation: int, receiver: int) -> Receiver:
    """A receiver with his report. Raises NotFound."""
    rows = Receiver.objects.filter(organisation_id=organisation, pk=receiver).select_related("schedule", "account")
    found = rows.first()
    if found is None:
        raise NotFound(_("This link works no longer."))
    return found


def unsubscribe(organisation: int, receiver: int) -> Receiver:
    """The receiver has had enough of it. Raises NotFound."""
    found = receiver_of(organisation, receiver)
    if found.unsubscribed_at is None:
        found.unsubscribed_at = clock.now()
        found.save(update_fields=["unsubscribed_at"])
    return found


def may_receive(delivery: Delivery, role: str | None) -> bool:
    """Whether somebody of that role may be told this at all; roles change after a report was set up."""
    from allconnects.reports.running import may_declare

    report = report_of(delivery.schedule.report)
    reader = Reader(delivery.organisation_id, role or "driver")
    allowed = {purpose.key for purpose in may_declare(report, reader)}
    return at_least(role, "planner") and delivery.schedule.purpose in allowed


def finish(delivery: Delivery, state: str, problem: str = "", lines: int | None = None) -> None:
    """Write down what became of a sending."""
    delivery.state, delivery.problem, delivery.finished_at = state, problem, clock.now()
    delivery.lines = lines if lines is not None else delivery.lines
    with transaction.atomic():
        delivery.save(update_fields=["state", "problem", "finished_at", "lines", "attempts"])
