"""Why trips and stops are where they are, in plain words: one text for every reason of docs/trips.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from django.utils.translation import gettext as _

from allconnects.kit.clock import BRUSSELS
from allconnects.trips.stored import Decision

Texts = dict[str, Callable[[], str]]
STARTS: Final[Texts] = {
    "ignition_on": lambda: _("The ignition went on at %(first)s; movement was sure at %(last)s."),
    "movement": lambda: _("It began to move at %(first)s; movement was sure at %(last)s."),
    "first_fix": lambda: _("It was moving already when the data begin, at %(first)s."),
    "moved_with_ignition_off": lambda: _(
        "It moved from %(first)s on with the ignition off all the way: towed, shipped, stolen, or a broken wire."
    ),
    "moved_unseen": lambda: _(
        "Nothing was heard between %(first)s and %(last)s, and it was elsewhere afterwards; the start is estimated."
    ),
    "split": lambda: _("Somebody divided the trip at %(first)s."),
    "driver_changed": lambda: _("Another driver took over at %(first)s."),
    "installation_changed": lambda: _("The device was put elsewhere at %(first)s."),
    "day_limit": lambda: _("It was moving already; what is worked out at once begins at %(first)s."),
}
ENDS: Final[Texts] = {
    "standstill": lambda: _("It stood from %(first)s on; at %(last)s that was long enough for a stop."),
    "ignition_off": lambda: _("The ignition went off at %(first)s and stayed off."),
    "silence": lambda: _("Nothing was heard between %(first)s and %(last)s, and it was still there."),
    "moved_unseen": lambda: _(
        "Nothing was heard between %(first)s and %(last)s, and it was elsewhere afterwards; the end is estimated."
    ),
    "jump": lambda: _(
        "After %(first)s the next place was too far away to have been driven to, such as a moved tracker."
    ),
    "split": lambda: _("Somebody divided the trip at %(first)s."),
    "driver_changed": lambda: _("Another driver took over at %(first)s."),
    "installation_changed": lambda: _("The device was put elsewhere at %(first)s."),
    "day_limit": lambda: _("It went on; what is worked out at once ends at %(first)s."),
    "last_fix": lambda: _("The data end at %(first)s before a stop could be seen: the trip may go on."),
}
WITHIN: Final[Texts] = {
    "silence_bridged": lambda: _("Nothing was heard between %(first)s and %(last)s: a tunnel or a dead zone."),
    "merged": lambda: _("Somebody joined two trips; between them it stood from %(first)s to %(last)s."),
}
STOPS: Final[Texts] = {
    **ENDS,
    "first_fix": lambda: _("It stood already when the data begin, at %(first)s."),
    "no_movement": lambda: _("Nothing between %(first)s and %(last)s was a trip."),
}
DISTANCES: Final[Texts] = {
    "odometer_agrees": lambda: _("Distance by the odometer, which agrees with GPS."),
    "odometer_reset_filled": lambda: _("Distance by the odometer; where it was reset, by GPS."),
    "no_odometer": lambda: _("Distance by GPS: the device tells no odometer."),
    "odometer_incomplete": lambda: _("Distance by GPS: the odometer covers too little of the trip."),
    "odometer_disagrees": lambda: _("Distance by GPS: the odometer stands still or runs wild."),
    "mixed": lambda: _("Distance partly by the odometer, partly by GPS."),
    "corrected": lambda: _("Distance as somebody corrected it."),
}


def told(texts: Texts, why: Decision) -> str:
    """A reason in words, with the times of the fixes that decided."""
    text = texts.get(why.rule)
    if text is None:
        return _("Decided by somebody of your organisation.")
    times = why.times_ms or (0,)
    return text() % {"first": clock_of(times[0]), "last": clock_of(times[-1])}


def distance(why: str) -> str:
    """Which distance was used, and why."""
    text = DISTANCES.get(why)
    return text() if text else ""


def clock_of(ms: int) -> str:
    """Hours, minutes and seconds in Brussels."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone(BRUSSELS):%H:%M:%S}"
