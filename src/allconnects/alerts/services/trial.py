"""A rule is tried on past data before it goes live: what would it have found?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from allconnects.alerts import found as finding
from allconnects.alerts import source
from allconnects.alerts.conditions import context_ms, lookback_ms, needs
from allconnects.alerts.params import KINDS, Params
from allconnects.alerts.placed import Places
from allconnects.alerts.services import record, scope
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput

MOST_DAYS = 60
BUDGET_S = 20.0
EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Example:
    """One event that the rule would have found."""

    device: int
    name: str
    found: record.Found


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have found in the last ``days`` days.

    ``by_thing``: name, device and count, most first. ``looked``, ``of``: devices looked at before time was up, of how
    many. ``refused``: devices whose history may not be read for this.
    """

    days: int
    count: int
    examples: tuple[Example, ...]
    by_thing: tuple[tuple[str, int, int], ...]
    looked: int
    of: int
    refused: int


def run(organisation: int, params: Params, watched: dict[str, list[object]], days: int, who: str) -> Trial:
    """Run a rule over stored history; nothing is stored and nobody told. Raises InvalidInput."""
    if KINDS[params.kind].scheduled:
        raise InvalidInput(_("This kind of rule looks at the present: there is nothing to try it on."))
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(_("A rule is tried on 1 to %(most)s days.") % {"most": MOST_DAYS})
    things = [one for one in scope.things() if scope.watches(watched, one)]
    return _over(organisation, params, things, days, who)


def _over(organisation: int, params: Params, things: Sequence[scope.Thing], days: int, who: str) -> Trial:
    now, began = clock.now(), time.monotonic()
    places = Places(params.places)
    examples: list[Example] = []
    counts: list[tuple[str, int, int]] = []
    looked = refused = 0
    for thing in things:
        if time.monotonic() - began > BUDGET_S:
            break
        looked += 1
        try:
            found = _of_one(organisation, params, thing, now - timedelta(days=days), now, places, who)
        except AllconnectsError:
            refused += 1
            continue
        if found:
            counts.append((thing.name, thing.device, len(found)))
            examples += [Example(thing.device, thing.name, one) for one in found]
    examples.sort(key=lambda one: one.found.start, reverse=True)
    counts.sort(key=lambda one: (-one[2], one[0]))
    return Trial(days, len(examples), tuple(examples[:EXAMPLES]), tuple(counts), looked, len(things), refused)


def _of_one(
    organisation: int, params: Params, thing: scope.Thing, begin: datetime, now: datetime, places: Places, who: str
) -> list[record.Found]:
    earlier = begin - timedelta(milliseconds=lookback_ms(params) + context_ms(params))
    columns = source.columns(organisation, thing.device, earlier, now, needs(params), who)
    events = finding.events(params, columns, places.inside_of(columns), round(now.timestamp() * 1000))
    return [one for one in record.of_events(events, columns) if one.end is None or one.end > begin]
