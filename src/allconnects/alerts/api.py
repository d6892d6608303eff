"""REST operations of alerts, rules and webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.accounts.models import Account, Organisation
from allconnects.alerts import params as settings
from allconnects.alerts.cursor import Cursor, InvalidCursor
from allconnects.alerts.delivery import webhooks
from allconnects.alerts.models import Alert, Delivery, Endpoint, Rule
from allconnects.alerts.services import inbox, rules, trial
from allconnects.kit.errors import InvalidInput

router = Router(tags=["alerts"])
_encode = msgspec.json.Encoder().encode
Id = int
HandlingName = Literal["unresolved", "open", "acknowledged", "resolved", "withdrawn", "all"]
SeverityName = Literal["info", "warning", "critical"]
StateName = Literal["draft", "live", "paused"]


class Problem(Schema):
    """RFC 9457."""

    type: str
    status: int
    code: str
    title: str


class AlertOut(Schema):
    """One event of one rule: ``end`` is null while it goes on."""

    id: int
    rule: int
    rule_name: str
    kind: str
    severity: SeverityName
    device: int | None
    subject: str
    name: str
    start: datetime
    end: datetime | None
    raised: datetime
    peak: float | None
    peak_at: datetime | None
    lat: float | None
    lon: float | None
    handling: str
    corrected: bool
    snoozed_until: datetime | None


class AlertPage(Schema):
    """A page of events, newest first. ``next``: the cursor of the page behind it."""

    items: list[AlertOut]
    next: str | None


class StepOut(Schema):
    """Something that happened to an event; ``account`` is null where the platform did it."""

    what: str
    at: datetime
    account: int | None
    note: str


class AlertDetail(AlertOut):
    """An event with its history."""

    steps: list[StepOut]


class Wanted(Schema):
    """Which events."""

    handling: HandlingName = "unresolved"
    severity: SeverityName | None = None
    rule: int | None = Field(default=None, ge=1, lt=2**31)
    subject: str = Field(default="", max_length=60)
    text: str = Field(default="", max_length=100)
    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=500)


class Chosen(Schema):
    """Which events to change."""

    ids: list[int] = Field(min_length=1, max_length=500)


class Resolution(Chosen):
    """Events to close, and why."""

    note: str = Field(default="", max_length=500)


class Snooze(Chosen):
    """Events to put off, for how long."""

    minutes: int = Field(ge=1, le=10_080)


class Changed(Schema):
    """How many events changed; the others were so already."""

    changed: int


class RuleIn(Schema):
    """A rule. ``params``, ``scope``: docs/alerts.md lists them; times of day are minutes after midnight in Brussels."""

    name: str = Field(min_length=1, max_length=120)
    kind: str = Field(max_length=20)
    params: dict[str, Any] = {}
    scope: dict[str, Any] = {}
    state: StateName = "draft"
    severity: SeverityName = "warning"
    roles: list[str] = ["manager"]
    channels: list[str] = ["app"]
    escalate_minutes: int | None = None
    escalate_role: str = Field(default="", max_length=10)
    quiet_start: int | None = None
    quiet_until: int | None = None
    digest_minutes: int = 0


class RuleChange(Schema):
    """What to change; what is left out stays. ``version``: refused when the rule was changed since."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    kind: str | None = Field(default=None, max_length=20)
    params: dict[str, Any] | None = None
    scope: dict[str, Any] | None = None
    state: StateName | None = None
    severity: SeverityName | None = None
    roles: list[str] | None = None
    channels: list[str] | None = None
    escalate_minutes: int | None = None
    escalate_role: str | None = Field(default=None, max_length=10)
    quiet_start: int | None = None
    quiet_until: int | None = None
    digest_minutes: int | None = None
    version: int | None = None


class RuleOut(RuleIn):
    """A rule as it is stored."""

    id: int
    version: int
    created_at: datetime
    changed_at: datetime


class TrialIn(Schema):
    """Over how many days to try a rule."""

    days: int = Field(default=7, ge=1, le=60)


class ExampleOut(Schema):
    """An event that the rule would have found."""

    device: int
    name: str
    start: datetime
    end: datetime | None
    peak: float | None


class ByThing(Schema):
    """How often for one vehicle, material or device."""

    name: str
    device: int
    count: int


class TrialOut(Schema):
    """What a rule would have found. ``looked`` of ``of`` devices were looked at before time was up."""

    days: int
    count: int
    examples: list[ExampleOut]
    by_thing: list[ByThing]
    looked: int
    of: int
    refused: int


class WebhookIn(Schema):
    """An address to call. ``events``: kinds of messages, all when empty."""

    name: str = Field(min_length=1, max_length=100)
    url: str = Field(min_length=1, max_length=500)
    events: list[str] = []


class WebhookChange(Schema):
    """What to change; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    url: str | None = Field(default=None, min_length=1, max_length=500)
    events: list[str] | None = None
    enabled: bool | None = None


class WebhookOut(Schema):
    """A webhook. ``disabled_reason``: why the platform switched it off, when it did."""

    id: int
    name: str
    url: str
    events: list[str]
    enabled: bool
    failing_since: datetime | None
    disabled_reason: str
    created_at: datetime


class WebhookSecret(WebhookOut):
    """A webhook with its secret, which is shown this once."""

    secret: str


class DeliveryOut(Schema):
    """One telling, and how it went."""

    id: int
    alert: int | None
    reason: str
    channel: str
    receiver: str
    outcome: str
    attempts: int
    status: int | None
    error: str
    due_at: datetime
    done_at: datetime | None


ERRORS = {401: Problem, 403: Problem}
WITH_404 = {**ERRORS, 404: Problem, 422: Problem}
INVALID = {**ERRORS, 422: Problem}


def _organisation(request: HttpRequest) -> Organisation:
    organisation = cast(TenantRequest, request).organisation
    assert organisation is not None
    return organisation


def _account(request: HttpRequest) -> int | None:
    """Who asks; None for programs."""
    if cast(TenantRequest, request).token_scopes is not None:
        return None
    return request.user.pk if isinstance(request.user, Account) else None


@router.get("/alerts", response={200: AlertPage, **INVALID}, auth=ApiAuth("alerts:read"), url_name="alerts")
def alerts(request: HttpRequest, wanted: Query[Wanted]) -> HttpResponse:
    """Events, newest first, by pages."""
    handling = "" if wanted.handling == "all" else wanted.handling
    chosen = inbox.Filter(handling, wanted.severity or "", wanted.rule, wanted.subject, wanted.text)
    try:
        after = Cursor.read(wanted.cursor) if wanted.cursor else None
    except InvalidCursor as error:
        raise InvalidInput(str(error)) from None
    rows = inbox.alerts(chosen, after, wanted.limit + 1)
    page = rows[: wanted.limit]
    following = Cursor.write(page[-1].start_at, page[-1].pk) if len(rows) > wanted.limit else None
    body = _encode({"items": [_alert(one) for one in page], "next": following})
    return HttpResponse(body, content_type="application/json")


def _alert(one: Alert) -> dict[str, Any]:
    return {
        "id": one.pk,
        "rule": one.rule_id,
        "rule_name": one.rule.name,
        "kind": one.rule.kind,
        "severity": one.rule.severity,
        "device": one.device or None,
        "subject": one.subject,
        "name": one.subject_name,
        "start": one.start_at,
        "end": one.end_at,
        "raised": one.raised_at,
        "peak": one.peak,
        "peak_at": one.peak_at,
        "lat": None if one.lat_e7 is None else one.lat_e7 / 1e7,
        "lon": None if one.lon_e7 is None else one.lon_e7 / 1e7,
        "handling": one.handling,
        "corrected": one.corrected,
        "snoozed_until": one.snoozed_until,
    }


@router.get(
    "/alerts/{int:alert}", response={200: AlertDetail, **WITH_404}, auth=ApiAuth("alerts:read"), url_name="alert"
)
def alert(request: HttpRequest, alert: Id) -> Any:
    """One event with what happened to it."""
    found = inbox.alert(alert)
    steps = [
        {"what": one.what, "at": one.at, "account": one.account_id, "note": one.note} for one in inbox.history(found)
    ]
    return {**_alert(found), "steps": steps}


@router.post(
    "/alerts/acknowledge", response={200: Changed, **WITH_404}, auth=ApiAuth("alerts:handle"),
    url_name="alerts_acknowledge",
)  # fmt: skip
def acknowledge(request: HttpRequest, body: Chosen) -> Any:
    """Take events on."""
    return {"changed": inbox.acknowledge(body.ids, _account(request))}


@router.post(
    "/alerts/resolve", response={200: Changed, **WITH_404}, auth=ApiAuth("alerts:handle"), url_name="alerts_resolve"
)
def resolve(request: HttpRequest, body: Resolution) -> Any:
    """Close events."""
    return {"changed": inbox.resolve(body.ids, _account(request), body.note)}


@router.post(
    "/alerts/snooze", response={200: Changed, **WITH_404}, auth=ApiAuth("alerts:handle"), url_name="alerts_snooze"
)
def snooze(request: HttpRequest, body: Snooze) -> Any:
    """Put events off."""
    return {"changed": inbox.snooze(body.ids, _account(request), body.minutes)}


@router.get("/alert-rules", response={200: list[RuleOut], **ERRORS}, auth=ApiAuth("rules:write"), url_name="rules")
def list_rules(request: HttpRequest) -> Any:
    """All rules, by name."""
    return [_rule(one) for one in rules.rules()]


def _rule(one: Rule) -> dict[str, Any]:
    return {name: getattr(one, name) for name in RuleOut.model_fields}


@router.post("/alert-rules", response={201: RuleOut, **INVALID}, auth=ApiAuth("rules:write"), url_name="rules")
def add_rule(request: HttpRequest, body: RuleIn) -> Any:
    """A new rule; a draft unless it says otherwise."""
    return 201, _rule(rules.add(_organisation(request), body.dict()))


@router.get(
    "/alert-rules/{int:rule}", response={200: RuleOut, **WITH_404}, auth=ApiAuth("rules:write"), url_name="rule"
)
def rule(request: HttpRequest, rule: Id) -> Any:
    """One rule."""
    return _rule(rules.rule(rule))


@router.patch(
    "/alert-rules/{int:rule}", response={200: RuleOut, **WITH_404}, auth=ApiAuth("rules:write"), url_name="rule"
)
def change_rule(request: HttpRequest, rule: Id, body: RuleChange) -> Any:
    """Change a rule; null takes an escalation or quiet hours away."""
    given = body.dict(exclude_unset=True)
    version = given.pop("version", None)
    nullable = ("escalate_minutes", "quiet_start", "quiet_until")
    given = {name: value for name, value in given.items() if value is not None or name in nullable}
    return _rule(rules.change(rule, given, version))


@router.delete(
    "/alert-rules/{int:rule}", response={204: None, **WITH_404}, auth=ApiAuth("rules:write"), url_name="rule"
)
def delete_rule(request: HttpRequest, rule: Id) -> Any:
    """Remove a rule and its events."""
    rules.remove(rule)
    return 204, None


@router.post(
    "/alert-rules/{int:rule}/try", response={200: TrialOut, **WITH_404}, auth=ApiAuth("rules:write"),
    url_name="rule_try",
)  # fmt: skip
def try_rule(request: HttpRequest, rule: Id, body: TrialIn) -> Any:
    """What the rule would have found in the last days; nothing is stored and nobody is told."""
    found = rules.rule(rule)
    read = settings.read(found.kind, found.params)
    who = f"account:{_account(request)}" if _account(request) else "process:alerts"
    result = trial.run(_organisation(request).pk, read, found.scope, body.days, who)
    examples = [
        {"device": one.device, "name": one.name, "start": one.found.start, "end": one.found.end, "peak": one.found.peak}
        for one in result.examples
    ]
    by_thing = [{"name": name, "device": device, "count": count} for name, device, count in result.by_thing]
    plain = {name: getattr(result, name) for name in ("days", "count", "looked", "of", "refused")}
    return {**plain, "examples": examples, "by_thing": by_thing}


@router.get(
    "/webhooks", response={200: list[WebhookOut], **ERRORS}, auth=ApiAuth("webhooks:write"), url_name="webhooks",
    tags=["webhooks"],
)  # fmt: skip
def list_webhooks(request: HttpRequest) -> Any:
    """All webhooks, by name."""
    return [_webhook(one) for one in webhooks.endpoints()]


def _webhook(one: Endpoint) -> dict[str, Any]:
    return {name: getattr(one, name) for name in WebhookOut.model_fields}


@router.post(
    "/webhooks", response={201: WebhookSecret, **INVALID}, auth=ApiAuth("webhooks:write"), url_name="webhooks",
    tags=["webhooks"],
)  # fmt: skip
def add_webhook(request: HttpRequest, body: WebhookIn) -> Any:
    """A new webhook; its secret is in this answer and never again."""
    made, secret = webhooks.add(_organisation(request), body.name, body.url, body.events)
    return 201, {**_webhook(made), "secret": secret}


@router.patch(
    "/webhooks/{int:webhook}", response={200: WebhookOut, **WITH_404}, auth=ApiAuth("webhooks:write"),
    url_name="webhook", tags=["webhooks"],
)  # fmt: skip
def change_webhook(request: HttpRequest, webhook: Id, body: WebhookChange) -> Any:
    """Change a webhook, or switch it on again."""
    given = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    return _webhook(webhooks.change(webhook, **given))


@router.delete(
    "/webhooks/{int:webhook}", response={204: None, **WITH_404}, auth=ApiAuth("webhooks:write"), url_name="webhook",
    tags=["webhooks"],
)  # fmt: skip
def delete_webhook(request: HttpRequest, webhook: Id) -> Any:
    """Remove a webhook with its log."""
    webhooks.remove(webhook)
    return 204, None


@router.post(
    "/webhooks/{int:webhook}/secret", response={200: WebhookSecret, **WITH_404}, auth=ApiAuth("webhooks:write"),
    url_name="webhook_secret", tags=["webhooks"],
)  # fmt: skip
def rotate_webhook(request: HttpRequest, webhook: Id) -> Any:
    """A new secret; the one before signs along for a day."""
    secret = webhooks.rotate(webhook)
    return {**_webhook(webhooks.endpoint(webhook)), "secret": secret}


@router.post(
    "/webhooks/{int:webhook}/test", response={202: DeliveryOut, **WITH_404}, auth=ApiAuth("webhooks:write"),
    url_name="webhook_test", tags=["webhooks"],
)  # fmt: skip
def test_webhook(request: HttpRequest, webhook: Id) -> Any:
    """Send a message that says nothing; how it went stands in the log."""
    return 202, _delivery(webhooks.test(webhook))


@router.get(
    "/alert-deliveries", response={200: list[DeliveryOut], **ERRORS}, auth=ApiAuth("webhooks:write"),
    url_name="deliveries", tags=["webhooks"],
)  # fmt: skip
def deliveries(request: HttpRequest) -> Any:
    """The latest 200 tellings by all channels, newest first."""
    return [_delivery(one) for one in Delivery.objects.order_by("-id")[:200]]


def _delivery(one: Delivery) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in DeliveryOut.model_fields if name != "alert"}
    return {**plain, "alert": one.alert_id}
