"""What a rule is set to, read strictly: unknown or impossible settings are refused with one clear sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext as _

from allconnects.alerts.hours import Hours
from allconnects.kit.errors import InvalidInput

When = Literal["any", "inside", "outside"]
Where = Literal["any", "at", "not_at"]
COMPARISONS = ("above", "below", "on", "off", "is")
LONGEST_MIN = 7 * 24 * 60
"""What lasts longer than a week is a matter of reports."""


@dataclass(frozen=True, slots=True)
class Field:
    """Bounds and default of the number that a kind is set by. ``unit`` as shown."""

    least: float
    most: float
    default: float
    unit: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What a rule of a kind can be set to. ``number``: its own limit; ``minutes``: default of how long it must last.

    ``placed``: needs places. ``scheduled``: looked at by the clock, not by positions.
    """

    minutes: int | None = 0
    number: Field | None = None
    placed: bool = False
    scheduled: bool = False
    when: When = "any"


KINDS: dict[str, Kind] = {
    "moving": Kind(),
    "standing": Kind(minutes=60),
    "use": Kind(minutes=2, when="outside"),
    "speeding": Kind(number=Field(5, 250, 120, "km/h")),
    "entered": Kind(placed=True),
    "left": Kind(placed=True),
    "short_stay": Kind(minutes=10, placed=True),
    "absent": Kind(minutes=None, placed=True, when="inside"),
    "corridor": Kind(minutes=2, placed=True),
    "tow": Kind(),
    "moved": Kind(when="outside"),
    "power_cut": Kind(number=Field(0, 60, 6, "V")),
    "low_battery": Kind(number=Field(1, 99, 20, "%")),
    "harsh": Kind(),
    "attribute": Kind(),
    "silent": Kind(minutes=None, number=Field(1, 24 * 60, 24, "h"), scheduled=True),
    "document": Kind(minutes=None, number=Field(0, 365, 30, "d"), scheduled=True),
    "maintenance": Kind(minutes=None, scheduled=True),
    "check": Kind(minutes=None, number=Field(0, 72, 0, "h"), scheduled=True),
    "missing": Kind(minutes=None, number=Field(1, 365, 7, "d"), scheduled=True),
    "idle": Kind(minutes=None, number=Field(1, 365, 30, "d"), scheduled=True),
}
"""Every kind of rule. What is due for maintenance and checks comes from the room that plans them:
``services.scheduled.register``."""


@dataclass(frozen=True, slots=True)
class Params:
    """A rule's settings, checked. ``attribute``, ``comparison``, ``word``, ``release``: of the kind ``attribute``."""

    kind: str
    minutes: int = 0
    number: float = 0.0
    when: When = "any"
    hours: Hours = field(default_factory=Hours)
    where: Where = "any"
    places: tuple[int, ...] = ()
    attribute: str = ""
    comparison: str = "above"
    word: str = ""
    release: float = 0.0
    by_minute: int = 8 * 60


def read(kind: str, raw: Mapping[str, Any]) -> Params:
    """Settings as stored or sent. Raises InvalidInput."""
    if kind not in KINDS:
        raise InvalidInput(_("This kind of rule is not known."))
    known = KINDS[kind]
    if unknown := set(raw) - _KEYS:
        raise InvalidInput(_("A rule has no setting “%(name)s”.") % {"name": min(unknown)[:40]})
    where = _word(raw.get("where", "at" if known.placed else "any"), ("any", "at", "not_at"), "where")
    places = _places(raw.get("places", ()))
    if (known.placed or where != "any") and not places:
        raise InvalidInput(_("Choose at least one place."))
    return Params(
        kind=kind,
        minutes=_minutes(known, raw),
        number=_number(known, raw),
        when=_word(raw.get("when", known.when), ("any", "inside", "outside"), "when"),  # type: ignore[arg-type]
        hours=read_hours(raw.get("hours") or {}),
        where=where,  # type: ignore[arg-type]
        places=places,
        by_minute=_whole(raw.get("by_minute", 480), 0, 1439, _("time of day")),
        **_attribute(kind, raw),
    )


_KEYS = {
    "minutes", "number", "when", "hours", "where", "places", "attribute", "comparison", "word", "release", "by_minute",
}  # fmt: skip


def _minutes(known: Kind, raw: Mapping[str, Any]) -> int:
    if known.minutes is None:
        return 0
    return _whole(raw.get("minutes", known.minutes), 0, LONGEST_MIN, _("minutes"))


def _number(known: Kind, raw: Mapping[str, Any]) -> float:
    if known.number is None:
        return _real(raw.get("number", 0), -1e9, 1e9, _("limit"))
    return _real(raw.get("number", known.number.default), known.number.least, known.number.most, _("limit"))


def _attribute(kind: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    if kind != "attribute":
        return {}
    name, word = raw.get("attribute", ""), raw.get("word", "")
    if not isinstance(name, str) or not name.isidentifier() or len(name) > 60:
        raise InvalidInput(_("Name the value that the device sends, such as fuelLevel."))
    if not isinstance(word, str) or len(word) > 60:
        raise InvalidInput(_("The text to compare with is too long."))
    comparison = _word(raw.get("comparison", "above"), COMPARISONS, "comparison")
    release = _real(raw.get("release", 0), 0, 1e9, _("hysteresis"))
    return {"attribute": name, "comparison": comparison, "word": word, "release": release}


def read_hours(raw: Any) -> Hours:
    """Working hours as stored or sent. Raises InvalidInput."""
    if not isinstance(raw, Mapping) or set(raw) - {"weekdays", "start", "until", "holidays_off", "closed"}:
        raise InvalidInput(_("The working hours cannot be read."))
    standard = Hours()
    weekdays = raw.get("weekdays", sorted(standard.weekdays))
    if not isinstance(weekdays, (list, tuple)) or not all(type(d) is int and 0 <= d <= 6 for d in weekdays):
        raise InvalidInput(_("Weekdays are numbers from 0 (Monday) to 6."))
    closed = raw.get("closed", [])
    if not isinstance(closed, (list, tuple)) or len(closed) > 366:
        raise InvalidInput(_("Closing days are a list of dates."))
    try:
        days = frozenset(date.fromisoformat(one) for one in closed)
    except (TypeError, ValueError):
        raise InvalidInput(_("Closing days are a list of dates.")) from None
    start = _whole(raw.get("start", standard.start), 0, 1439, _("time of day"))
    until = _whole(raw.get("until", standard.until), 0, 1439, _("time of day"))
    return Hours(frozenset(weekdays), start, until, bool(raw.get("holidays_off", True)), days)


def write_hours(hours: Hours) -> dict[str, Any]:
    """Working hours as they are stored."""
    return {
        "weekdays": sorted(hours.weekdays),
        "start": hours.start,
        "until": hours.until,
        "holidays_off": hours.holidays_off,
        "closed": sorted(day.isoformat() for day in hours.closed),
    }


def write(params: Params) -> dict[str, Any]:
    """Settings as they are stored: what ``read`` reads."""
    found: dict[str, Any] = {
        "minutes": params.minutes,
        "number": params.number,
        "when": params.when,
        "hours": write_hours(params.hours),
        "where": params.where,
        "places": list(params.places),
        "by_minute": params.by_minute,
    }
    if params.kind == "attribute":
        found |= {name: getattr(params, name) for name in ("attribute", "comparison", "word", "release")}
    return found


def _places(raw: Any) -> tuple[int, ...]:
    if not isinstance(raw, (list, tuple)) or len(raw) > 500:
        raise InvalidInput(_("Places are a list of at most 500."))
    if not all(type(one) is int and 0 < one < 2**31 for one in raw):
        raise InvalidInput(_("Places are a list of at most 500."))
    return tuple(dict.fromkeys(raw))


def _word(value: Any, allowed: tuple[str, ...], name: str) -> str:
    if value not in allowed:
        raise InvalidInput(_("“%(name)s” is one of: %(words)s.") % {"name": name, "words": ", ".join(allowed)})
    return str(value)


def _whole(value: Any, least: int, most: int, name: str) -> int:
    number = _real(value, least, most, name)
    if number != int(number):
        raise InvalidInput(_("The %(name)s must be a whole number.") % {"name": name})
    return int(number)


def _real(value: Any, least: float, most: float, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise InvalidInput(
            _("The %(name)s must be a number from %(least)s to %(most)s.")
            % {"name": name, "least": f"{least:g}", "most": f"{most:g}"}
        )
    return float(value)
