"""Where a material is, out of what is known of it; with age, certainty and the reasons. Pure.

Known can be: a fix of its own tracker, a Bluetooth tag that a tracker or phone heard, and its custody: in the hands of
a person, in a vehicle (loaded by scan, or coupled), at a site, on its way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import cos, hypot, radians
from typing import Final, Literal

How = Literal["tracker", "tag", "vehicle", "site", "person", "transit", "unknown"]
Certainty = Literal["certain", "likely", "old", "unknown"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a sign counts. Trackers on batteries report once a day; a tag is heard some tens of metres away."""

    tracker: timedelta = timedelta(hours=26)
    tag: timedelta = timedelta(hours=1)
    vehicle_fix: timedelta = timedelta(hours=2)
    custody: timedelta = timedelta(days=14)
    old: timedelta = timedelta(days=30)
    compared: timedelta = timedelta(minutes=15)
    together_m: float = 500


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that is known. ``at``: when it was so. For custody that goes on, ``at`` is when it began.

    ``holder``: (kind, id or name) of who or what has it or heard it. ``place_at``: age of the position, if another.
    """

    how: How
    at: datetime
    lat: float | None = None
    lon: float | None = None
    holder: tuple[str, object] | None = None
    place_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """The answer. ``why``: codes of reasons, most important first."""

    how: How
    certainty: Certainty
    at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    holder: tuple[str, object] | None = None
    why: tuple[str, ...] = ()
    others: tuple[Sign, ...] = field(default=(), repr=False)


NOWHERE: Final = Where("unknown", "unknown", why=("nothing_known",))


def where(signs: Iterable[Sign], now: datetime, limits: Limits | None = None) -> Where:
    """The best answer. A sign from the future counts as of now.

    What was observed last holds; custody that began later than that replaces it; a tag that the vehicle of the
    custody hears makes both certain, one that another vehicle hears puts the custody in doubt.
    """
    limits = limits or Limits()
    known = sorted(signs, key=lambda sign: (sign.at, sign.how), reverse=True)
    if not known:
        return NOWHERE
    observed = next((sign for sign in known if sign.how in ("tracker", "tag")), None)
    custody = next((sign for sign in known if sign.how not in ("tracker", "tag")), None)
    if observed is None or (custody is not None and custody.at > observed.at):
        assert custody is not None
        return _by_custody(custody, observed, now, limits, known)
    return _by_observation(observed, custody, now, limits, known)


def _by_observation(seen: Sign, custody: Sign | None, now: datetime, limits: Limits, known: list[Sign]) -> Where:
    limit = limits.tracker if seen.how == "tracker" else limits.tag
    why = [f"{seen.how}_latest"]
    certainty = graded(now - seen.at, limit, limits)
    holder = seen.holder
    if custody is not None and custody.holder is not None:
        if seen.how == "tag" and seen.holder is not None and custody.how == "vehicle":
            agrees = seen.holder == custody.holder
            why.append("custody_agrees" if agrees else "custody_differs")
            if not agrees and certainty == "certain":
                certainty = "likely"
        elif now - custody.at <= limits.custody or seen.how == "tracker":
            together = _together(seen, custody, limits)
            if together is not None:
                why.append("custody_agrees" if together else "custody_differs")
            holder = custody.holder if together is not False else seen.holder
    return Where(seen.how, certainty, seen.at, seen.lat, seen.lon, holder, tuple(why), _rest(known, seen))


def _by_custody(custody: Sign, seen: Sign | None, now: datetime, limits: Limits, known: list[Sign]) -> Where:
    why = [f"{custody.how}_since"]
    if seen is not None:
        why.append("later_than_observed")
    certainty: Certainty = "likely" if now - custody.at <= limits.custody else "old"
    if now - custody.at <= timedelta(hours=1):
        certainty = "certain"
    if custody.how == "transit":
        certainty = "unknown" if certainty == "old" else "likely"
    lat, lon = custody.lat, custody.lon
    if custody.how == "vehicle" and custody.place_at is not None and now - custody.place_at > limits.vehicle_fix:
        why.append("vehicle_silent")
        certainty = "old" if certainty == "old" else "likely"
    return Where(custody.how, certainty, custody.at, lat, lon, custody.holder, tuple(why), _rest(known, custody))


def _together(seen: Sign, custody: Sign, limits: Limits) -> bool | None:
    """Whether it is where the vehicle is that it was loaded into; None where not both were placed at about one time."""
    if None in (seen.lat, seen.lon, custody.lat, custody.lon) or custody.place_at is None:
        return None
    if abs(seen.at - custody.place_at) > limits.compared:
        return None
    north = (seen.lat - custody.lat) * 111_200  # type: ignore[operator]
    east = (seen.lon - custody.lon) * 111_200 * cos(radians(seen.lat))  # type: ignore[operator, arg-type]
    return hypot(north, east) <= limits.together_m


def sources(place: Where, now: datetime) -> list[Where]:
    """The other signs of an answer, each as if it were the only one."""
    return [where([sign], now) for sign in place.others]


def graded(age: timedelta, limit: timedelta, limits: Limits) -> Certainty:
    """Certain within the limit, then likely, then old."""
    if age <= limit:
        return "certain"
    return "likely" if age <= min(limits.old, limit * 24) else "old"


def _rest(known: list[Sign], chosen: Sign) -> tuple[Sign, ...]:
    return tuple(sign for sign in known if sign is not chosen)
