"""Template tags of the pages of reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from allconnects.reports.shown import duration, number

register = template.Library()


@register.filter
def at(values: Mapping[str, Any], key: str) -> Any:
    """What a mapping holds for a key."""
    return values.get(key, "")


@register.filter
def unlocalized(value: Any) -> str:
    """A value as scripts compare it, whatever the language of the page."""
    return str(value)


@register.filter
def hours(seconds: float | None) -> str:
    """Hours and minutes."""
    return "" if seconds is None else duration(seconds)


@register.filter
def km(metres: float | None) -> str:
    """Kilometres with one decimal."""
    return "" if metres is None else number(metres / 1000, 1)


@register.filter
def site_hours(sites: Mapping[str, Any]) -> str:
    """Hours and minutes at all sites, out of the figures of a month as they are kept: days and seconds by site."""
    return duration(sum(seconds for _days, seconds in sites.values()))
