"""What a message says. A push message names the thing and what happened, a webhook carries what software needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allconnects.alerts import sentences
from allconnects.alerts.models import Alert, Delivery
from allconnects.kit import config


def base_url() -> str:
    """Where this platform's pages are, as its readers reach them."""
    settings = config.current()
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def link(alert: Alert) -> str:
    """The whole address of an event's page."""
    return base_url() + reverse("alerts:detail", args=[alert.pk])


def title(alert: Alert) -> str:
    """“Van 12: Too fast (131 km/h)”."""
    happened = str(sentences.HAPPENED[alert.rule.kind])
    peak = sentences.peak(alert.rule.kind, alert.peak)
    return f"{alert.subject_name}: {happened}" + (f" ({peak})" if peak else "")


def moment(at: datetime) -> str:
    """A local date and time in the language of the moment."""
    return date_format(localtime(at), "DATETIME_FORMAT")


def mail(deliveries: Sequence[Delivery], language: str) -> tuple[str, str]:
    """Subject and text of one mail about one or several events, in the language of who reads it."""
    alerts = [one.alert for one in deliveries if one.alert]
    with translation.override(language or "en"):
        if len(alerts) == 1:
            prefix = _("Escalated: ") if deliveries[0].reason == "escalated" else ""
            subject = prefix + title(alerts[0])
        else:
            subject = ngettext("%(n)s alert", "%(n)s alerts", len(alerts)) % {"n": len(alerts)}
        blocks = [_block(alert) for alert in alerts[:50]]
        more = len(alerts) - len(blocks)
        if more > 0:
            blocks.append(_("And %(count)s more.") % {"count": more})
        blocks.append(_("All alerts: %(link)s") % {"link": base_url() + reverse("alerts:inbox")})
        return " ".join(subject.splitlines()), "\n\n".join(blocks) + "\n"


def _block(alert: Alert) -> str:
    lines = [
        title(alert),
        _("Rule: %(name)s") % {"name": alert.rule.name},
        _("Since %(at)s") % {"at": moment(alert.start_at)},
    ]
    if alert.end_at:
        lines[-1] = _("%(start)s to %(end)s") % {"start": moment(alert.start_at), "end": moment(alert.end_at)}
    return "\n".join([*lines, link(alert)])


def push(deliveries: Sequence[Delivery], language: str) -> bytes:
    """What a browser shows: no place, no person, no more than one line."""
    alerts = [one.alert for one in deliveries if one.alert]
    with translation.override(language or "en"):
        single = len(alerts) == 1
        text = title(alerts[0]) if single else ngettext("%(n)s alert", "%(n)s alerts", len(alerts)) % {"n": len(alerts)}
        path = reverse("alerts:detail", args=[alerts[0].pk]) if single else reverse("alerts:inbox")
        body = {"title": text, "path": path, "tag": f"alert-{alerts[0].pk}" if single else "alerts"}
    return json.dumps(body).encode()


def webhook(delivery: Delivery) -> bytes:
    """The JSON of a webhook: thin names and numbers; a place is asked for by the API, with a token that may."""
    alert = delivery.alert
    if alert is None:
        return _json({"type": "webhook.test", "timestamp": _iso(delivery.created_at), "data": {}})
    data = {
        "id": alert.pk,
        "rule": alert.rule_id,
        "kind": alert.rule.kind,
        "severity": alert.rule.severity,
        "device": alert.device or None,
        "subject": alert.subject,
        "name": alert.subject_name,
        "start": _iso(alert.start_at),
        "end": _iso(alert.end_at) if alert.end_at else None,
        "peak": alert.peak,
        "handling": alert.handling,
    }
    return _json({"type": f"alert.{delivery.reason}", "timestamp": _iso(delivery.created_at), "data": data})


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
