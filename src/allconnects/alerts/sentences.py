"""A rule as a sentence, an event as a line: in the language of the moment, for pages, mails and messages."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from allconnects.alerts.params import KINDS, Params

TITLES = {
    "moving": gettext_lazy("is moving"),
    "standing": gettext_lazy("stands still"),
    "use": gettext_lazy("is used"),
    "speeding": gettext_lazy("drives too fast"),
    "entered": gettext_lazy("enters a place"),
    "left": gettext_lazy("leaves a place"),
    "short_stay": gettext_lazy("stays only shortly at a place"),
    "absent": gettext_lazy("is not at a place by a time"),
    "corridor": gettext_lazy("leaves its corridor"),
    "tow": gettext_lazy("moves with the ignition off"),
    "moved": gettext_lazy("is moved"),
    "power_cut": gettext_lazy("loses its power supply"),
    "low_battery": gettext_lazy("has a low battery"),
    "harsh": gettext_lazy("brakes, accelerates or corners hard"),
    "attribute": gettext_lazy("sends a value beyond a limit"),
    "silent": gettext_lazy("is silent"),
    "document": gettext_lazy("has a document that expires"),
    "maintenance": gettext_lazy("is due for maintenance"),
    "check": gettext_lazy("misses a check"),
    "missing": gettext_lazy("is missing"),
    "idle": gettext_lazy("lies idle"),
}
"""What a kind of rule watches for, as the middle of “When … ”."""
HAPPENED = {
    "moving": gettext_lazy("Moving"),
    "standing": gettext_lazy("Standing still"),
    "use": gettext_lazy("In use"),
    "speeding": gettext_lazy("Too fast"),
    "entered": gettext_lazy("Entered a place"),
    "left": gettext_lazy("Left a place"),
    "short_stay": gettext_lazy("Stayed only shortly"),
    "absent": gettext_lazy("Not there in time"),
    "corridor": gettext_lazy("Left its corridor"),
    "tow": gettext_lazy("Moved with the ignition off"),
    "moved": gettext_lazy("Moved"),
    "power_cut": gettext_lazy("Power supply lost"),
    "low_battery": gettext_lazy("Battery low"),
    "harsh": gettext_lazy("Hard manoeuvre"),
    "attribute": gettext_lazy("Value beyond the limit"),
    "silent": gettext_lazy("Silent"),
    "document": gettext_lazy("Document expires"),
    "maintenance": gettext_lazy("Maintenance due"),
    "check": gettext_lazy("Check missing"),
    "missing": gettext_lazy("Missing"),
    "idle": gettext_lazy("Idle"),
}
"""What happened, as the title of an event."""


def condition(params: Params, places: str = "") -> str:
    """What a rule watches for: “drives faster than 90 km/h, outside working hours, for more than 10 minutes”."""
    parts = [_core(params, places), _where(params, places), _when(params), _lasting(params)]
    return ", ".join(part for part in parts if part)


def _core(params: Params, places: str) -> str:
    number = f"{params.number:g}"
    place = places or _("a place")
    match params.kind:
        case "speeding":
            return _("drives faster than %(speed)s km/h") % {"speed": number}
        case "entered":
            return _("enters %(place)s") % {"place": place}
        case "left":
            return _("leaves %(place)s") % {"place": place}
        case "short_stay":
            return _("stays at %(place)s for less than %(minutes)s minutes") % {
                "place": place, "minutes": params.minutes
            }  # fmt: skip
        case "absent":
            return _("is not at %(place)s by %(time)s on a working day") % {
                "place": place, "time": clock_time(params.by_minute)
            }  # fmt: skip
        case "corridor":
            return _("drives out of %(place)s") % {"place": place}
        case "power_cut":
            return _("has less than %(volts)s V of supply, or reports a power cut") % {"volts": number}
        case "low_battery":
            return _("has a battery of %(percent)s %% or less") % {"percent": number}
        case "silent":
            return _("has not been heard for %(hours)s hours") % {"hours": number}
        case "document":
            return _("has a document that expires within %(days)s days") % {"days": number}
        case "check" if params.number:
            return _("misses a check, %(hours)s hours after it was expected") % {"hours": number}
        case "missing":
            return _("has not been seen for %(days)s days") % {"days": number}
        case "idle":
            return _("was neither moved nor used for %(days)s days") % {"days": number}
        case "attribute":
            return _attribute(params)
    return str(TITLES[params.kind])


def _attribute(params: Params) -> str:
    words = {"name": params.attribute, "value": f"{params.number:g}", "word": params.word}
    sentences = {
        "above": _("sends %(name)s above %(value)s"),
        "below": _("sends %(name)s below %(value)s"),
        "on": _("sends that %(name)s is on"),
        "off": _("sends that %(name)s is off"),
        "is": _("sends “%(word)s” as %(name)s"),
    }
    return sentences[params.comparison] % words


def _where(params: Params, places: str) -> str:
    if params.where == "any" or KINDS[params.kind].placed:
        return ""
    sentence = _("at %(place)s") if params.where == "at" else _("away from %(place)s")
    return sentence % {"place": places or _("a place")}


def _when(params: Params) -> str:
    if params.when == "any" or params.kind == "absent" or KINDS[params.kind].scheduled:
        return ""
    hours = f"{clock_time(params.hours.start)}–{clock_time(params.hours.until)}"
    sentence = _("in working hours (%(hours)s)") if params.when == "inside" else _("outside working hours (%(hours)s)")
    return sentence % {"hours": hours}


def _lasting(params: Params) -> str:
    if not params.minutes or params.kind == "short_stay":
        return ""
    return ngettext("for more than %(n)s minute", "for more than %(n)s minutes", params.minutes) % {"n": params.minutes}


def clock_time(minute: int) -> str:
    """Minutes after midnight as a time of day."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def peak(kind: str, value: float | None) -> str:
    """The peak of an event with its unit, empty where it has none worth saying."""
    units = {"speeding": "km/h", "use": "km/h", "moving": "km/h", "power_cut": "V", "low_battery": "%", "tow": "m"}
    if value is None or (kind not in units and kind not in ("attribute", "moved")):
        return ""
    unit = "m" if kind == "moved" else units.get(kind, "")
    return f"{value:.0f} {unit}".strip() if abs(value) >= 20 else f"{value:.1f} {unit}".strip()
