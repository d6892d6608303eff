"""Who is told what: written in the transaction that writes the event, so that neither is there without the other."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta

from django.db import connection

from allconnects.accounts.models import Membership
from allconnects.alerts import later
from allconnects.alerts.hours import after_quiet
from allconnects.alerts.models import Alert, Channel, Delivery, Endpoint, Rule, Severity
from allconnects.alerts.services import sighted
from allconnects.kit import clock
from allconnects.telemetry.live.hub import NOTICES

WINDOW = timedelta(minutes=10)
MOST_IN_WINDOW = 5
"""A receiver who was told so often within the window by one channel gets the rest in one digest."""
DIGEST_MINUTES = 15


def tell(alert: Alert, reason: str, roles: list[str] | None = None) -> None:
    """Queue one telling of an event for each receiver and channel, once for each reason, whoever asks how often."""
    rule = alert.rule
    if not sighted.may_be_told(alert):
        return
    rows = [*_accounts(alert, rule, reason, roles or list(rule.roles)), *_endpoints(alert, rule, reason)]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        sighted.note_told(alert)
    due = Delivery.objects.filter(alert=alert, reason=reason, outcome="pending").values_list("pk", "due_at")
    for number, due_at in due:
        later.deliver(alert.organisation_id, number, due_at)
    if not alert.notified:
        alert.notified = True
        alert.save(update_fields=["notified"])
    if Channel.APP in rule.channels:
        notify(alert, reason)


def notify(alert: Alert, reason: str) -> None:
    """Say in every open page that there is something; heard when the transaction commits. Holds no names."""
    told = {"alert": alert.pk, "severity": alert.rule.severity, "reason": reason, "kind": alert.rule.kind}
    payload = {"organisation": alert.organisation_id, "name": "alert", "data": told}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [NOTICES, json.dumps(payload)])


def _accounts(alert: Alert, rule: Rule, reason: str, roles: list[str]) -> list[Delivery]:
    channels = [channel for channel in (Channel.EMAIL, Channel.PUSH) if channel in rule.channels]
    if not channels or not roles:
        return []
    members = Membership.objects.filter(role__in=roles, account__is_active=True).values_list("account_id", flat=True)
    return [
        _delivery(alert, reason, channel, f"account:{account}", _due(rule, reason, channel, account), account=account)
        for account in sorted(set(members))
        for channel in channels
    ]


def _endpoints(alert: Alert, rule: Rule, reason: str) -> list[Delivery]:
    if Channel.WEBHOOK not in rule.channels:
        return []
    return [
        _delivery(alert, reason, Channel.WEBHOOK, f"webhook:{one.pk}", clock.now(), endpoint=one.pk)
        for one in Endpoint.objects.filter(enabled=True)
        if not one.events or f"alert.{reason}" in one.events
    ]


def _delivery(
    alert: Alert, reason: str, channel: str, receiver: str, due: datetime, account: int | None = None,
    endpoint: int | None = None,
) -> Delivery:  # fmt: skip
    return Delivery(
        organisation_id=alert.organisation_id, alert=alert, reason=reason, channel=channel, receiver=receiver,
        account_id=account, endpoint_id=endpoint, message_id=uuid.uuid4(), due_at=due,
    )  # fmt: skip


def _due(rule: Rule, reason: str, channel: str, account: int) -> datetime:
    """Now, unless quiet hours, a digest or too many messages say later. Critical news and escalations do not wait."""
    now = clock.now()
    if rule.severity == Severity.CRITICAL or reason == "escalated":
        return now
    due = now
    if rule.digest_minutes and channel == Channel.EMAIL:
        due = next_digest(now, rule.digest_minutes)
    elif _told_lately(account, channel, now) >= MOST_IN_WINDOW:
        due = next_digest(now, DIGEST_MINUTES)
    if rule.quiet_start is not None and rule.quiet_until is not None:
        due = after_quiet(due, rule.quiet_start, rule.quiet_until)
    return due


def _told_lately(account: int, channel: str, now: datetime) -> int:
    return Delivery.objects.filter(account_id=account, channel=channel, created_at__gt=now - WINDOW).count()


def next_digest(now: datetime, minutes: int) -> datetime:
    """The next full step of so many minutes: everybody's digest of a quarter of an hour goes at the same time."""
    step = minutes * 60
    return datetime.fromtimestamp((int(now.timestamp()) // step + 1) * step, now.tzinfo)


def told_resolved(alert: Alert) -> None:
    """Other software hears that an event is closed; people who were told see it in the inbox."""
    rows = _endpoints(alert, alert.rule, "resolved") if alert.notified else []
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    due = Delivery.objects.filter(alert=alert, reason="resolved", outcome="pending").values_list("pk", "due_at")
    for number, due_at in due:
        later.deliver(alert.organisation_id, number, due_at)
