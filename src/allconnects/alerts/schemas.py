"""What goes in and out of the REST operations of alerts, rules and webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

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
