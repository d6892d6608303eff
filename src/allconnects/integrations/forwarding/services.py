"""Targets of an organisation, and what is handed over to them.

A target remembers up to which receipt it was served. Each batch is read behind that, sent, and only then remembered:
what is interrupted is sent again. A batch that committed long after its receipt, behind that, is found by the order of
commits (``telemetry.store.news``) and handed over first. What is older than the hot store keeps is skipped, and the
target says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.accounts.actor import Actor
from allconnects.accounts.models import Organisation
from allconnects.alerts.delivery import guard, keys
from allconnects.alerts.delivery.http import Unreachable
from allconnects.alerts.services import scope
from allconnects.alerts.services.record import moment
from allconnects.integrations.forwarding import metrics, senders
from allconnects.integrations.forwarding.models import Kind, Target
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.telemetry.store.news import since
from allconnects.telemetry.store.values import Values, track_with_values

SETTLED = timedelta(seconds=5)
"""A batch commits a little after its time of receipt; nothing younger is read, so that few come out of order."""
KEPT = timedelta(hours=47)
BATCH = 500
BUDGET_S = 20.0
MOST = 10
_BOUND = """
    SELECT received_at FROM telemetry_position WHERE received_at > %s AND received_at <= %s
    ORDER BY received_at OFFSET %s LIMIT 1"""
_LATE = """
    SELECT device_id, min(fix_time), max(fix_time) FROM telemetry_position
    WHERE received_at = ANY(%s) GROUP BY device_id ORDER BY device_id"""
_DEVICES = """
    SELECT device_id, min(fix_time), max(fix_time) FROM telemetry_position
    WHERE received_at > %s AND received_at <= %s GROUP BY device_id ORDER BY device_id"""


def targets() -> list[Target]:
    """All of the organisation, by name."""
    return list(Target.objects.order_by("name", "pk"))


def target(number: int) -> Target:
    """One. Raises NotFound."""
    found = Target.objects.filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such target."))
    return found


def add(organisation: Organisation, given: Mapping[str, Any]) -> Target:
    """A new target; what is received from now on goes there. Raises InvalidInput."""
    if Target.objects.count() >= MOST:
        raise InvalidInput(_("An organisation has at most %(most)s targets.") % {"most": MOST})
    made = Target(organisation=organisation, sent_to=clock.now(), **_checked(given))
    if given.get("password"):
        made.password = keys.conceal(str(given["password"]), f"forwarding:{organisation.pk}")
    made.save(force_insert=True)
    return made


def change(number: int, given: Mapping[str, Any]) -> Target:
    """Change some of a target; an empty password takes it away. Raises NotFound, InvalidInput."""
    found = target(number)
    whole = {name: getattr(found, name) for name in ("name", "kind", "url", "topic", "username", "filter")}
    for name, value in _checked({**whole, **given}).items():
        setattr(found, name, value)
    if "password" in given:
        secret = str(given["password"] or "")
        found.password = keys.conceal(secret, f"forwarding:{found.organisation_id}") if secret else None
    found.save()
    return found if given.get("enabled") is None else switch(number, on=bool(given["enabled"]))


def test(number: int) -> str:
    """Send one message that is marked as a test. Returns why it did not arrive, or nothing. Raises NotFound."""
    found = target(number)
    now = _iso(clock.now())
    message: senders.Message = {
        "id": f"test-{found.pk}-{now}", "device": 0, "name": "Test", "time": now, "received": now, "lat": 0.0,
        "lon": 0.0, "altitude_m": None, "speed_kmh": None, "course_deg": None, "attributes": {"test": True},
    }  # fmt: skip
    try:
        senders.send(_address(found), [message])
    except (Unreachable, guard.Refused) as error:
        return str(error.code)[:40]
    return ""


def switch(number: int, *, on: bool) -> Target:
    """Rest, or go on: what came meanwhile is handed over as far as it is still there. Raises NotFound."""
    found = target(number)
    found.enabled, found.failing_since, found.error = on, None, ""
    found.save()
    return found


def remove(number: int) -> None:
    """Forward nothing there any more. Raises NotFound."""
    target(number).delete()


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    name, kind = str(given.get("name", "")).strip(), given.get("kind")
    url, topic = str(given.get("url", "")).strip(), str(given.get("topic") or "allconnects/{device}").strip()
    username = str(given.get("username") or "")
    if not name or len(name) > 100 or not name.isprintable():
        raise InvalidInput(_("The name of the target is missing or too long."))
    if kind not in Kind.values:
        raise InvalidInput(_("Targets speak MQTT, NATS or HTTP."))
    if kind == Kind.HTTP:
        guard.parse(url)
    else:
        _check_broker(str(kind), url, topic)
    if len(username) > 100 or len(str(given.get("password") or "")) > 500:
        raise InvalidInput(_("User name or password is too long."))
    watched = scope.read(given.get("filter") or {})
    return {"name": name, "kind": kind, "url": url, "topic": topic, "username": username, "filter": watched}


def _check_broker(kind: str, url: str, topic: str) -> None:
    try:
        senders.Address(kind, url, topic).split()
    except guard.Refused:
        schemes = " / ".join(f"{one}://" for one in senders.SCHEMES[Kind(kind)])
        raise InvalidInput(
            _("The address must begin with %(schemes)s and name a host.") % {"schemes": schemes}
        ) from None
    if len(url) > 500 or "@" in url or len(topic) > 200 or set(topic) & set("+#*> \n\r\0"):
        raise InvalidInput(_("The address holds no password, the topic no wildcard."))


def forward(number: int) -> int:
    """Hand over what is due to a target, for a while. Returns how many positions. Nobody else does so meanwhile."""
    found = Target.objects.select_for_update(skip_locked=True).filter(pk=number, enabled=True).first()
    if found is None:
        return 0
    count, ends = 0, time.monotonic() + BUDGET_S
    try:
        count = _forward_late(found)
        while time.monotonic() < ends:
            batch, bound, more = _next(found)
            _send_all(found, batch)
            count += len(batch)
            _served(found, bound, len(batch))
            if not more:
                break
    except (Unreachable, guard.Refused) as error:
        found.failing_since = found.failing_since or clock.now()
        found.error = error.code[:40]
        metrics.failures.labels(found.kind).inc()
        found.save(update_fields=["failing_since", "error"])
    metrics.lag.labels(found.kind).set((clock.now() - found.sent_to).total_seconds() if found.failing_since else 0)
    return count


def _forward_late(found: Target) -> int:
    """Hand over what became visible since the last look although it was received before. Returns how many."""
    with connection.cursor() as cursor:
        news = since(cursor, found.seen)
        late = sorted({one for one in news.received or () if one <= found.sent_to})
        cursor.execute(_LATE, [late])
        spans = {device: (first, end) for device, first, end in cursor.fetchall()}
    batch = _messages_of(found, spans, {moment_ms(one) for one in late}.__contains__)
    _send_all(found, batch)
    found.seen, found.sent = news.seen, found.sent + len(batch)
    found.save(update_fields=["seen", "sent"])
    return len(batch)


def _send_all(found: Target, batch: list[senders.Message]) -> None:
    for first in range(0, len(batch), BATCH):
        senders.send(_address(found), batch[first : first + BATCH])


def _served(found: Target, bound: datetime, count: int) -> None:
    found.sent_to, found.sent = bound, found.sent + count
    found.failing_since, found.error = None, ""
    found.save(update_fields=["sent_to", "sent", "failing_since", "error", "skipped"])
    metrics.sent.labels(found.kind).inc(count)


def _next(found: Target) -> tuple[list[senders.Message], datetime, bool]:
    """The next batch, the receipt up to which it reaches, and whether more may wait behind it."""
    now = clock.now()
    if now - found.sent_to > KEPT:
        found.skipped = (found.skipped or timedelta(0)) + (now - KEPT - found.sent_to)
        found.sent_to = now - KEPT
    last = now - SETTLED
    with connection.cursor() as cursor:
        cursor.execute(_BOUND, [found.sent_to, last, BATCH - 1])
        row = cursor.fetchone()
        bound = row[0] if row else last
        if bound <= found.sent_to:
            return [], found.sent_to, False
        cursor.execute(_DEVICES, [found.sent_to, bound])
        spans = {device: (first, end) for device, first, end in cursor.fetchall()}
    # Receipt is known to the ms here, and to the microsecond there.
    after, behind = moment_ms(found.sent_to), moment_ms(bound)
    return _messages_of(found, spans, lambda ms: after - 1 < ms <= behind), bound, row is not None


def _messages_of(
    found: Target, spans: Mapping[int, tuple[datetime, datetime]], wanted: Callable[[int], bool]
) -> list[senders.Message]:
    things = scope.things(sorted(spans)) if spans else []
    messages = [one for thing in things for one in _of(found, thing, spans[thing.device], wanted)]
    messages.sort(key=lambda one: (one["received"], one["device"], one["time"]))
    return messages


def _of(
    found: Target, thing: scope.Thing, span: tuple[datetime, datetime], wanted: Callable[[int], bool]
) -> Iterator[senders.Message]:
    """A device's positions of the receipts (ms) that are ``wanted``. Those that may not be read are left out."""
    if not scope.watches(found.filter, thing):
        return
    first, last = span
    try:
        with connection.cursor() as cursor:
            values = track_with_values(
                cursor, found.organisation_id, thing.device, first, last + timedelta(milliseconds=1), None,
                who="process:forwarding",
                recipient=Actor(f"process:forwarding-{found.pk}", "recipient"),
            )  # fmt: skip
    except AllconnectsError:
        return
    yield from _messages(values, thing, wanted)


def _messages(values: Values, thing: scope.Thing, wanted: Callable[[int], bool]) -> Iterator[senders.Message]:
    rows = values.positions
    for at, attributes in enumerate(values.attributes):
        if not wanted(int(rows.received_ms[at])):
            continue
        received = moment(int(rows.received_ms[at]))
        yield {
            "id": f"{thing.device}-{int(rows.time_ms[at])}-{int(rows.content[at]) & (2**64 - 1):016x}",
            "device": thing.device,
            "name": thing.name,
            "time": _iso(moment(int(rows.time_ms[at]))),
            "received": _iso(received),
            "lat": int(rows.lat_e7[at]) / 1e7,
            "lon": int(rows.lon_e7[at]) / 1e7,
            "altitude_m": _number(rows.altitude_m[at]),
            "speed_kmh": _number(rows.speed_kmh[at]),
            "course_deg": _number(rows.course_deg[at]),
            "attributes": attributes,
        }


def moment_ms(at: datetime) -> int:
    """Whole ms since 1970, as the store keeps the time of receipt."""
    return int(at.timestamp() * 1000)


def _number(value: Any) -> float | None:
    return None if value != value else round(float(value), 2)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _address(found: Target) -> senders.Address:
    bound = f"forwarding:{found.organisation_id}"
    password = keys.reveal(bytes(found.password), bound) if found.password else ""
    return senders.Address(found.kind, found.url, found.topic, found.username, password)
