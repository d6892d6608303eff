"""Hands over what is due, one receiver at a time, and writes down how it went.

A delivery is locked while it is on its way, so two workers never send the same. Mail and push messages of one receiver
that are due together go as one. A webhook is tried again for about three days; one that fails for days is switched off.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.core.mail import EmailMessage
from django.db.models import F

from allconnects.accounts.mail import FAILURES
from allconnects.accounts.models import Membership
from allconnects.alerts import later
from allconnects.alerts.delivery import messages, push, signing, webhooks
from allconnects.alerts.delivery.guard import Refused
from allconnects.alerts.delivery.http import Answer, Unreachable, post
from allconnects.alerts.models import Channel, Delivery, Endpoint, Outcome, PushSubscription, Severity
from allconnects.kit import clock, config

log = structlog.get_logger()
OFF_AFTER = timedelta(days=5)
MOST_AT_ONCE = 200


def deliver(organisation: int, number: int) -> None:
    """Send a delivery that is due, and with it others of its receiver and channel. Nothing when it is done already."""
    first = (
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("alert__rule", "account", "endpoint")
        .filter(organisation=organisation, pk=number, outcome=Outcome.PENDING, due_at__lte=clock.now())
        .first()
    )
    if first is None:
        return
    if first.channel == Channel.WEBHOOK:
        _webhook(first)
        return
    together = [first, *_others(first)]
    if not _wanted(first):
        _done(together, Outcome.DROPPED, error="not_a_member")
    elif first.channel == Channel.EMAIL:
        _mail(together)
    else:
        _push(together)


def _others(first: Delivery) -> list[Delivery]:
    rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("alert__rule", "account")
    same = rows.filter(receiver=first.receiver, channel=first.channel, outcome=Outcome.PENDING)
    return list(same.filter(due_at__lte=clock.now()).exclude(pk=first.pk).order_by("pk")[:MOST_AT_ONCE])


def _wanted(first: Delivery) -> bool:
    """Who left the organisation meanwhile hears nothing more of it."""
    return Membership.objects.filter(account=first.account, account__is_active=True).exists()


def _done(deliveries: Sequence[Delivery], outcome: Outcome, *, status: int | None = None, error: str = "") -> None:
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).update(
        outcome=outcome, status=status, error=error, done_at=clock.now(), attempts=F("attempts") + 1
    )


def _again(deliveries: Sequence[Delivery], *, status: int | None = None, error: str = "", least_s: int = 0) -> bool:
    """Put it off; False when it was tried often enough."""
    wait = signing.wait_s(deliveries[0].attempts + 1)
    if wait is None:
        _done(deliveries, Outcome.FAILED, status=status, error=error)
        return False
    due = clock.now() + timedelta(seconds=max(wait, min(least_s, 86_400)))
    for one in deliveries:
        Delivery.objects.filter(pk=one.pk).update(attempts=one.attempts + 1, due_at=due, status=status, error=error)
        later.deliver(one.organisation_id, one.pk, due)
    return True


def _mail(deliveries: Sequence[Delivery]) -> None:
    account = deliveries[0].account
    assert account is not None
    if not config.current().email_url:
        _done(deliveries, Outcome.FAILED, error="no_mail_server")
        return
    subject, text = messages.mail(deliveries, account.language)
    identity = f"<alert-{deliveries[0].message_id}@allconnects>"
    try:
        EmailMessage(subject, text, None, [account.email], headers={"Message-ID": identity}).send()
    except FAILURES as error:
        _again(deliveries, error=type(error).__name__[:40])
    else:
        _done(deliveries, Outcome.SENT)


def _push(deliveries: Sequence[Delivery]) -> None:
    account = deliveries[0].account
    assert account is not None
    browsers = list(PushSubscription.objects.filter(account=account))
    if not browsers:
        _done(deliveries, Outcome.DROPPED, error="no_browser")
        return
    payload = messages.push(deliveries, account.language)
    urgent = any(one.alert and one.alert.rule.severity == Severity.CRITICAL for one in deliveries)
    answers = [_push_to(browser, payload, urgent=urgent) for browser in browsers]
    if "sent" in answers:
        _done(deliveries, Outcome.SENT)
    elif set(answers) == {"gone"}:
        _done(deliveries, Outcome.DROPPED, error="no_browser")
    else:
        _again(deliveries, error="push_service")


def _push_to(browser: PushSubscription, payload: bytes, *, urgent: bool) -> str:
    """``sent``, ``gone`` (the browser ended its subscription: it is forgotten) or ``failed``."""
    try:
        answer = push.send(browser.endpoint, browser.p256dh, browser.auth, payload, urgent=urgent)
    except (Refused, ValueError):
        browser.delete()
        return "gone"
    except Unreachable:
        return "failed"
    if answer.status in (404, 410):
        browser.delete()
        return "gone"
    return "sent" if 200 <= answer.status < 300 else "failed"


def _webhook(delivery: Delivery) -> None:
    endpoint = delivery.endpoint
    assert endpoint is not None
    if not endpoint.enabled:
        _done([delivery], Outcome.DROPPED, error="switched_off")
        return
    body = messages.webhook(delivery)
    headers = signing.headers(
        f"msg_{delivery.message_id.hex}", int(clock.now().timestamp()), body, webhooks.secrets_of(endpoint)
    )
    try:
        answer = post(endpoint.url, body, headers)
    except Refused as error:
        _failed(delivery, endpoint, None, error.code)
    except Unreachable as error:
        _failed(delivery, endpoint, None, error.code)
    else:
        _answered(delivery, endpoint, answer)


def _answered(delivery: Delivery, endpoint: Endpoint, answer: Answer) -> None:
    if 200 <= answer.status < 300:
        _done([delivery], Outcome.SENT, status=answer.status)
        if endpoint.failing_since is not None:
            Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)
    elif answer.status == 410:
        _done([delivery], Outcome.FAILED, status=answer.status, error="gone")
        webhooks.switch_off(endpoint, "gone")
    else:
        error = "redirect" if 300 <= answer.status < 400 else "status"
        _failed(delivery, endpoint, answer.status, error, answer.retry_after_s or 0)


def _failed(delivery: Delivery, endpoint: Endpoint, status: int | None, error: str, least_s: int = 0) -> None:
    _again([delivery], status=status, error=error, least_s=least_s)
    now = clock.now()
    if endpoint.failing_since is None:
        Endpoint.objects.filter(pk=endpoint.pk, failing_since=None).update(failing_since=now)
    elif now - endpoint.failing_since >= OFF_AFTER:
        webhooks.switch_off(endpoint, "failing")
    log.info("webhook.failed", reason=error, attempts=delivery.attempts + 1)
