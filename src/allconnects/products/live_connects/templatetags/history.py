"""Template tags of the pages of history."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import formats
from django.utils.translation import gettext as _

from allconnects.kit.clock import BRUSSELS
from allconnects.products.live_connects.history_day import ms

register = template.Library()
register.filter("ms", ms)


@register.filter
def duration(seconds: float) -> str:
    """``1 h 25 min``, ``25 min``, ``40 s``."""
    minutes = round(seconds / 60)
    if not seconds:
        return "\N{EN DASH}"
    if minutes < 1:
        return _("%(seconds)d s") % {"seconds": round(seconds)}
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)02d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def km(metres: float) -> str:
    """Kilometres with one decimal, in the language of the page."""
    shown = formats.number_format(round(metres / 1000, 1), 1, use_l10n=True, force_grouping=True)
    return f"{shown}\N{NO-BREAK SPACE}km"


@register.filter
def hour_of(moment: datetime, day: date) -> str:
    """The time of day in Brussels; with its day when that is another."""
    local = moment.astimezone(BRUSSELS)
    clock = f"{local:%H:%M}"
    return clock if local.date() == day else f"{formats.date_format(local, 'D j')} {clock}"


@register.filter
def place(name: str, at: str) -> str:
    """The name of a place, or where it is."""
    return name or at


@register.simple_tag
def degrees(lat: float | None, lon: float | None) -> str:
    """A place that has no name; nothing where it is not shown."""
    if lat is None or lon is None:
        return ""
    return f"{lat:.4f}, {lon:.4f}"
