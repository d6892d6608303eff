"""Rules: made, changed, started and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from allconnects.accounts.models import Organisation, Role
from allconnects.alerts import params as settings
from allconnects.alerts.models import Channel, Progress, Rule, Severity, State
from allconnects.alerts.services import scope
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.places.models import Place

MOST = 200
TOLD = (Role.OWNER, Role.MANAGER, Role.PLANNER, Role.VIEWER)
"""Who can be told: the roles that see the fleet."""


def rules() -> list[Rule]:
    """All rules of the organisation, by name."""
    return list(Rule.objects.order_by("name", "pk"))


def rule(number: int) -> Rule:
    """One rule. Raises NotFound."""
    found = Rule.objects.filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such rule."))
    return found


def add(organisation: Organisation, given: Mapping[str, Any]) -> Rule:
    """A new rule, a draft unless ``state`` says otherwise. Raises InvalidInput."""
    if Rule.objects.count() >= MOST:
        raise InvalidInput(_("An organisation has at most %(most)s rules.") % {"most": MOST})
    made = Rule(organisation=organisation, **checked({**DEFAULTS, **given}))
    made.save(force_insert=True)
    if made.state == State.LIVE:
        _started(made)
    return made


def change(number: int, given: Mapping[str, Any], version: int | None = None) -> Rule:
    """Change a rule; what is left out stays. ``version``: refused when somebody changed it since.

    Raises NotFound, InvalidInput.
    """
    found = Rule.objects.select_for_update().filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such rule."))
    if version is not None and version != found.version:
        raise InvalidInput(_("Somebody else changed this rule meanwhile. Look at it again."))
    before = found.state
    kept = {name: getattr(found, name) for name in DEFAULTS}
    for name, value in checked({**kept, **given}).items():
        setattr(found, name, value)
    found.version += 1
    found.changed_at = clock.now()
    found.save()
    if found.state == State.LIVE and before != State.LIVE:
        _started(found)
    return found


def remove(number: int) -> None:
    """Take a rule away with its events. Raises NotFound."""
    rule(number).delete()


def _started(found: Rule) -> None:
    """A rule that starts looks at news from now on: nobody wants yesterday's events of it."""
    Progress.objects.get_or_create(organisation_id=found.organisation_id, defaults={"looked_to": clock.now()})


DEFAULTS: dict[str, Any] = {
    "name": "",
    "kind": "",
    "params": {},
    "scope": {},
    "state": State.DRAFT,
    "severity": Severity.WARNING,
    "roles": [Role.MANAGER],
    "channels": [Channel.APP],
    "escalate_minutes": None,
    "escalate_role": "",
    "quiet_start": None,
    "quiet_until": None,
    "digest_minutes": 0,
}


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's fields as they are stored. Raises InvalidInput with one clear sentence."""
    if unknown := set(given) - set(DEFAULTS):
        raise InvalidInput(_("A rule has no setting “%(name)s”.") % {"name": min(unknown)[:40]})
    name = str(given["name"]).strip()
    if not name or len(name) > 120 or not name.isprintable():
        raise InvalidInput(_("The name of the rule is missing or too long."))
    read = settings.read(given["kind"], given["params"])
    _check_places(read.places)
    found = {
        "name": name,
        "kind": read.kind,
        "params": settings.write(read),
        "scope": scope.read(given["scope"]),
        "state": _one(given["state"], State.values),
        "severity": _one(given["severity"], Severity.values),
        "roles": _some(given["roles"], TOLD),
        "channels": _some(given["channels"], Channel.values),
    }
    return {
        **found,
        **_escalation(given),
        **_quiet(given),
        "digest_minutes": _minutes(given["digest_minutes"], 0, 1440),
    }


def _check_places(numbers: tuple[int, ...]) -> None:
    if numbers and Place.objects.filter(pk__in=numbers).count() != len(numbers):
        raise InvalidInput(_("One of these places does not exist any more."))


def _escalation(given: Mapping[str, Any]) -> dict[str, Any]:
    minutes, role = given["escalate_minutes"], given["escalate_role"] or ""
    if minutes is None:
        return {"escalate_minutes": None, "escalate_role": ""}
    return {"escalate_minutes": _minutes(minutes, 1, 10_080), "escalate_role": _one(role, TOLD)}


def _quiet(given: Mapping[str, Any]) -> dict[str, Any]:
    start, until = given["quiet_start"], given["quiet_until"]
    if start is None and until is None:
        return {"quiet_start": None, "quiet_until": None}
    if start is None or until is None:
        raise InvalidInput(_("Quiet hours need a beginning and an end."))
    return {"quiet_start": _minutes(start, 0, 1439), "quiet_until": _minutes(until, 0, 1439)}


def _minutes(value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise InvalidInput(
            _("The %(name)s must be a number from %(least)s to %(most)s.")
            % {"name": _("minutes"), "least": least, "most": most}
        )
    return value


def _one(value: Any, allowed: Any) -> str:
    if value not in list(allowed):
        raise InvalidInput(_("“%(value)s” is not one of the choices.") % {"value": str(value)[:40]})
    return str(value)


def _some(values: Any, allowed: Any) -> list[str]:
    if not isinstance(values, (list, tuple)):
        raise InvalidInput(_("Choices are given as a list."))
    return [_one(value, allowed) for value in dict.fromkeys(values)]
