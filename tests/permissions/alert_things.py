"""What the first organisation has of alerts, for the matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def alert_things(run: Callable[..., Any], pk: int) -> dict[str, Any]:
    """A rule, an event of it, a webhook and a delivery that failed."""
    rule = run(
        "INSERT INTO alerts_rule (organisation_id, name, kind, params, scope, state, severity, roles, channels, "
        "escalate_role, digest_minutes, version, created_at, changed_at) "
        "VALUES (%s, 'r', 'tow', '{}', '{}', 'draft', 'info', '[]', '[]', '', 0, 1, now(), now()) RETURNING id",
        (pk,),
    )
    webhook = run(
        "INSERT INTO alerts_endpoint (organisation_id, name, url, events, secret, enabled, disabled_reason, "
        "created_at) VALUES (%s, 'w', 'https://example.org/', '[]', '', true, '', now()) RETURNING id",
        (pk,),
    )
    alert = run(
        "INSERT INTO alerts_alert (organisation_id, rule_id, device, subject, subject_name, start_at, raised_at, "
        "handling, notified, corrected, changed_at) "
        "VALUES (%s, %s, 0, 'device:0', 'd', now(), now(), 'open', true, false, now()) RETURNING id",
        (pk, rule),
    )
    delivery = run(
        "INSERT INTO alerts_delivery (organisation_id, reason, channel, receiver, endpoint_id, message_id, "
        "outcome, due_at, attempts, error, created_at) VALUES (%s, 'test', 'webhook', 'webhook:0', %s, "
        "gen_random_uuid(), 'failed', now(), 1, '', now()) RETURNING id",
        (pk, webhook),
    )
    target = run(
        "INSERT INTO forwarding_target (organisation_id, name, kind, url, topic, username, filter, enabled, sent_to, "
        "sent, seen, error, created_at) "
        "VALUES (%s, 't', 'http', 'https://example.org/', '', '', '{}', false, now(), 0, '', '', now()) RETURNING id",
        (pk,),
    )
    return {"$target": target, "$rule": rule, "$webhook": webhook, "$alert": alert, "$delivery": delivery}
