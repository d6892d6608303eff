"""Webhooks of an organisation: made, changed, their secrets replaced, tried, switched off."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from allconnects.accounts.models import Organisation
from allconnects.alerts import later
from allconnects.alerts.delivery import keys, signing
from allconnects.alerts.delivery.guard import parse
from allconnects.alerts.models import Channel, Delivery, Endpoint, Outcome
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound

EVENTS = ("alert.raised", "alert.escalated", "alert.resolved")
"""Types of messages; an endpoint that names none gets all."""
OVERLAP = timedelta(hours=24)
"""So long both secrets sign after one was replaced."""
MOST = 20


def endpoints() -> list[Endpoint]:
    """All of the organisation, by name."""
    return list(Endpoint.objects.order_by("name", "pk"))


def endpoint(number: int) -> Endpoint:
    """One. Raises NotFound."""
    found = Endpoint.objects.filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such webhook."))
    return found


def add(organisation: Organisation, name: str, url: str, events: Sequence[str] = ()) -> tuple[Endpoint, str]:
    """A new webhook and its secret, which is shown once. Raises InvalidInput, Refused."""
    name, url = _checked(name, url, events)
    if Endpoint.objects.count() >= MOST:
        raise InvalidInput(_("An organisation has at most %(most)s webhooks.") % {"most": MOST})
    secret = signing.new_secret()
    made = Endpoint(organisation=organisation, name=name, url=url, events=list(events))
    made.secret = keys.conceal(secret, _bound(organisation.pk))
    made.save(force_insert=True)
    return made, secret


def change(number: int, **given: Any) -> Endpoint:
    """Change ``name``, ``url``, ``events`` or ``enabled``; switching on forgets earlier failures. Raises as ``add``."""
    found = endpoint(number)
    name, url = _checked(given.get("name", found.name), given.get("url", found.url), given.get("events", found.events))
    found.name, found.url, found.events = name, url, list(given.get("events", found.events))
    if "enabled" in given:
        found.enabled = bool(given["enabled"])
        if found.enabled:
            found.failing_since, found.disabled_reason = None, ""
    found.save()
    return found


def remove(number: int) -> None:
    """Take a webhook away, with its log. Raises NotFound."""
    endpoint(number).delete()


def rotate(number: int) -> str:
    """A new secret; the one before signs along for a day. Returns the new one, which is shown once."""
    found = endpoint(number)
    secret = signing.new_secret()
    found.previous_secret, found.previous_until = found.secret, clock.now() + OVERLAP
    found.secret = keys.conceal(secret, _bound(found.organisation_id))
    found.save()
    return secret


def secrets_of(found: Endpoint) -> list[str]:
    """The secrets that sign now, the newest first."""
    bound = _bound(found.organisation_id)
    signing_now = [keys.reveal(bytes(found.secret), bound)]
    if found.previous_secret and found.previous_until and found.previous_until > clock.now():
        signing_now.append(keys.reveal(bytes(found.previous_secret), bound))
    return signing_now


def test(number: int) -> Delivery:
    """Send a message that says nothing. Raises NotFound."""
    found = endpoint(number)
    made = Delivery.objects.create(
        organisation_id=found.organisation_id, alert=None, reason="test", channel=Channel.WEBHOOK,
        receiver=f"webhook:{found.pk}", endpoint=found, message_id=uuid.uuid4(), due_at=clock.now(),
    )  # fmt: skip
    later.deliver(found.organisation_id, made.pk, made.due_at)
    return made


def again(number: int) -> Delivery:
    """Send one that failed once more, under the same id. Raises NotFound, InvalidInput."""
    found = Delivery.objects.select_for_update().filter(pk=number, channel=Channel.WEBHOOK).first()
    if found is None:
        raise NotFound(_("There is no such delivery."))
    if found.outcome not in (Outcome.FAILED, Outcome.DROPPED):
        raise InvalidInput(_("Only what failed can be sent again."))
    found.outcome, found.attempts, found.due_at, found.done_at = Outcome.PENDING, 0, clock.now(), None
    found.save()
    later.deliver(found.organisation_id, found.pk, found.due_at)
    return found


def switch_off(found: Endpoint, reason: str) -> None:
    """Stop calling an address; what waits for it is dropped."""
    Endpoint.objects.filter(pk=found.pk).update(enabled=False, disabled_reason=reason)
    Delivery.objects.filter(endpoint=found, outcome=Outcome.PENDING).update(
        outcome=Outcome.DROPPED, error="switched_off", done_at=clock.now()
    )


def _checked(name: str, url: str, events: Sequence[str]) -> tuple[str, str]:
    """Only the form of the address is judged here: where it leads is judged at each call."""
    name, url = name.strip(), url.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise InvalidInput(_("The name of the webhook is missing or too long."))
    parse(url)
    if set(events) - set(EVENTS):
        raise InvalidInput(_("This kind of message is not known."))
    return name, url


def _bound(organisation: int) -> str:
    return f"webhook:{organisation}"
