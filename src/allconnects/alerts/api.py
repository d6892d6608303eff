"""REST operations of alerts and rules."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.accounts.models import Account, Organisation
from allconnects.alerts import params as settings
from allconnects.alerts.cursor import Cursor, InvalidCursor
from allconnects.alerts.models import Alert, Rule
from allconnects.alerts.schemas import (
    ERRORS,
    INVALID,
    WITH_404,
    AlertDetail,
    AlertPage,
    Changed,
    Chosen,
    Resolution,
    RuleChange,
    RuleIn,
    RuleOut,
    Snooze,
    TrialIn,
    TrialOut,
    Wanted,
)
from allconnects.alerts.services import inbox, rules, trial
from allconnects.kit.errors import InvalidInput

router = Router(tags=["alerts"])
_encode = msgspec.json.Encoder().encode
Id = int


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
    screen = after is None and wanted.limit <= inbox.PAGE
    rows = inbox.alerts(chosen, after, wanted.limit + 1, beside=screen)
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
    found = inbox.looked_at(alert)
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


@router.get("/alert-rules", response={200: list[RuleOut], **ERRORS}, auth=ApiAuth("rules:read"), url_name="rules")
def list_rules(request: HttpRequest) -> Any:
    """All rules, by name."""
    return [_rule(one) for one in rules.rules()]


def _rule(one: Rule) -> dict[str, Any]:
    return {name: getattr(one, name) for name in RuleOut.model_fields}


@router.post("/alert-rules", response={201: RuleOut, **INVALID}, auth=ApiAuth("rules:write"), url_name="rules")
def add_rule(request: HttpRequest, body: RuleIn) -> Any:
    """A new rule; a draft unless it says otherwise."""
    return 201, _rule(rules.add(_organisation(request), body.dict()))


@router.get("/alert-rules/{int:rule}", response={200: RuleOut, **WITH_404}, auth=ApiAuth("rules:read"), url_name="rule")
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
