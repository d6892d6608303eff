"""The form of a rule: fields as people say them, and what the service wants of them."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Role
from allconnects.alerts import params as settings
from allconnects.alerts.hours import Hours
from allconnects.alerts.models import Channel, Rule, Severity
from allconnects.alerts.params import KINDS
from allconnects.alerts.sentences import TITLES
from allconnects.alerts.services.rules import TOLD
from allconnects.alerts.services.scheduled import sources
from allconnects.products.fleet_tracker.forms import TablerForm
from allconnects.products.live_connects.picking.fields import PickField
from allconnects.products.live_connects.picking.sources import CARRIER, PLACE
from allconnects.telemetry.models import Kind

WHENS = (("any", _("at any time")), ("outside", _("outside working hours")), ("inside", _("in working hours")))
WHERES = (("any", _("anywhere")), ("at", _("at these places")), ("not_at", _("away from these places")))
COMPARISONS = (
    ("above", _("is above")),
    ("below", _("is below")),
    ("on", _("is on")),
    ("off", _("is off")),
    ("is", _("is the text")),
)


def offered() -> list[tuple[str, Any]]:
    """Kinds that can work here: those of the clock only where somebody gives what is due."""
    given = sources()
    return [(kind, str(TITLES[kind])) for kind, known in KINDS.items() if not known.scheduled or kind in given]


def _many(label: Any, choices: Any, **more: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple, **more
    )


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))


class RuleForm(TablerForm):
    """A rule. Its sections are those of its sentence: when, what, where, for how long, tell whom how."""

    name = forms.CharField(label=_("Name of the rule"), max_length=120)
    kind = forms.ChoiceField(label=_("What happens"))
    number = forms.FloatField(label=_("Limit"), required=False)
    minutes = forms.IntegerField(label=_("For at least (minutes)"), required=False, min_value=0)
    by_minute = _time(_("By"))
    attribute = forms.CharField(label=_("Value that the device sends"), required=False, max_length=60)
    comparison = forms.ChoiceField(label=_("Comparison"), choices=COMPARISONS, required=False)
    word = forms.CharField(label=_("Text"), required=False, max_length=60)
    kinds = _many(_("Kinds"), Kind.choices, help_text=_("Nothing chosen: all."))
    groups = forms.MultipleChoiceField(label=_("Groups"), required=False)
    devices = PickField(
        CARRIER, many=True, label=_("Only these"), required=False,
        help_text=_("Nothing chosen here and in groups: all."),
    )  # fmt: skip
    when = forms.ChoiceField(label=_("When"), choices=WHENS)
    weekdays = _many(_("Working days"), [(str(number), name) for number, name in WEEKDAYS.items()])
    start = _time(_("Work begins"))
    until = _time(_("Work ends"))
    holidays_off = forms.BooleanField(label=_("Belgian public holidays are no working days"), required=False)
    where = forms.ChoiceField(label=_("Where"), choices=WHERES, required=False)
    places = PickField(PLACE, many=True, label=_("Places"), required=False)
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices)
    roles = _many(_("Tell"), [(role.value, role.label) for role in TOLD])
    channels = _many(_("How"), Channel.choices)
    escalate_minutes = forms.IntegerField(
        label=_("If nobody takes it on within (minutes)"), required=False, min_value=1, max_value=10_080
    )
    escalate_role = forms.ChoiceField(
        label=_("then also tell"), required=False, choices=[("", "–"), *((role.value, role.label) for role in TOLD)]
    )
    quiet_start = _time(_("Quiet from"))
    quiet_until = _time(_("Quiet until"))
    digest_minutes = forms.IntegerField(
        label=_("Collect mails for (minutes, 0: send at once)"), required=False, min_value=0, max_value=1440
    )

    def __init__(self, *args: Any, groups: list[str], **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        found: dict[str, Any] = dict(self.fields)
        found["kind"].choices = offered()
        found["groups"].choices = [(name, name) for name in groups]
        self._dress()
        for name, field in found.items():
            if isinstance(field.widget, forms.CheckboxSelectMultiple | forms.CheckboxInput):
                field.widget.attrs["class"] = "form-check-input"
            if name == "groups":
                field.widget.attrs["size"] = min(6, max(2, len(field.choices)))

    def given(self) -> dict[str, Any]:
        """What ``services.rules`` wants."""
        data = self.cleaned_data
        quiet = (data["quiet_start"], data["quiet_until"])
        return {
            "name": data["name"],
            "kind": data["kind"],
            "params": self._params(data),
            "scope": {
                "kinds": data["kinds"],
                "groups": data["groups"],
                "devices": [int(one) for one in data["devices"]],
            },
            "severity": data["severity"],
            "roles": data["roles"],
            "channels": data["channels"],
            "escalate_minutes": data["escalate_minutes"],
            "escalate_role": data["escalate_role"] or Role.OWNER,
            "quiet_start": _minute(quiet[0]),
            "quiet_until": _minute(quiet[1]),
            "digest_minutes": data["digest_minutes"] or 0,
        }

    def _params(self, data: dict[str, Any]) -> dict[str, Any]:
        known = KINDS[data["kind"]]
        standard = Hours()
        hours = {
            "weekdays": [int(one) for one in data["weekdays"]] or sorted(standard.weekdays),
            "start": standard.start if data["start"] is None else _minute(data["start"]),
            "until": standard.until if data["until"] is None else _minute(data["until"]),
            "holidays_off": data["holidays_off"],
        }
        found: dict[str, Any] = {
            "when": data["when"],
            "hours": hours,
            "where": "at" if known.placed else data["where"] or "any",
            "places": [int(one) for one in data["places"]],
        }
        if data["number"] is not None:
            found["number"] = data["number"]
        if data["minutes"] is not None and known.minutes is not None:
            found["minutes"] = data["minutes"]
        if data["by_minute"] is not None:
            found["by_minute"] = _minute(data["by_minute"])
        if data["kind"] == "attribute":
            found |= {name: data[name] for name in ("attribute", "comparison", "word")}
        return found


def initial(rule: Rule | None, kind: str = "speeding") -> dict[str, Any]:
    """What the fields show at first: the rule, or the defaults of a kind."""
    if rule is None:
        known = KINDS.get(kind, KINDS["speeding"])
        limit = None if known.number is None else known.number.default
        hours = Hours()
        return {
            "kind": kind, "number": limit, "minutes": known.minutes, "when": known.when, "severity": "warning",
            "roles": [Role.MANAGER], "channels": [Channel.APP], "digest_minutes": 0, **_hours(hours),
            "by_minute": _time_of(480),
        }  # fmt: skip
    read = settings.read(rule.kind, rule.params)
    plain = ("name", "kind", "severity", "roles", "channels", "escalate_minutes", "escalate_role", "digest_minutes")
    own = ("number", "minutes", "attribute", "comparison", "word", "when", "where")
    return {
        **{name: getattr(rule, name) for name in plain},
        **{name: getattr(read, name) for name in own},
        **_hours(read.hours),
        "by_minute": _time_of(read.by_minute),
        "places": [str(one) for one in read.places],
        "kinds": rule.scope.get("kinds", []),
        "groups": rule.scope.get("groups", []),
        "devices": [str(one) for one in rule.scope.get("devices", [])],
        "quiet_start": _time_of(rule.quiet_start),
        "quiet_until": _time_of(rule.quiet_until),
    }


def _hours(hours: Hours) -> dict[str, Any]:
    return {
        "weekdays": [str(one) for one in sorted(hours.weekdays)],
        "start": _time_of(hours.start),
        "until": _time_of(hours.until),
        "holidays_off": hours.holidays_off,
    }


def _minute(at: time | None) -> int | None:
    return None if at is None else at.hour * 60 + at.minute


def _time_of(minute: int | None) -> time | None:
    return None if minute is None else time(minute // 60, minute % 60)
