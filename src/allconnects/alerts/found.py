"""What a rule finds in columns of positions. Pure: the live watch and the trial on past data both come through here."""

from __future__ import annotations

from collections.abc import Callable

from allconnects.alerts import absent, engine
from allconnects.alerts.columns import Columns
from allconnects.alerts.conditions import Inside, shape, signal
from allconnects.alerts.engine import Events as Events
from allconnects.alerts.params import Params

InsideOf = Callable[[Columns], Inside]


def events(params: Params, columns: Columns, inside: Inside, now_ms: int) -> Events:
    """The events of one rule; ``columns`` sorted by device, then time."""
    if params.kind == "absent":
        here, _away = inside(params.places)
        return absent.find(columns.device, columns.time_ms, here, params.hours, params.by_minute, now_ms)
    found = signal(params, columns, inside)
    return engine.find(columns.device, columns.time_ms, found, shape(params), now_ms)


def due_ms(params: Params, columns: Columns, inside: Inside, now_ms: int) -> int:
    """When this rule would find something new without any news."""
    if params.kind == "absent":
        return absent.due_ms(params.by_minute, now_ms)
    found = signal(params, columns, inside)
    return engine.waiting(columns.device, columns.time_ms, found, shape(params), now_ms)
