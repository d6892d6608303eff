"""How moments and lengths of visits look in pages: in the time zone of the place."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def in_zone(at: datetime, zone: str) -> str:
    """Hour and minute at a place."""
    return date_format(at.astimezone(ZoneInfo(zone)), "H:i")


@register.filter
def in_zone_with_day(at: datetime, zone: str) -> str:
    """Day, hour and minute at a place."""
    return date_format(at.astimezone(ZoneInfo(zone)), "D j M H:i")


@register.filter
def lasting(length: timedelta) -> str:
    """Hours and minutes: ``8:05``."""
    minutes = round(length.total_seconds() / 60)
    return f"{minutes // 60}:{minutes % 60:02}"


@register.filter
def dwell(seconds: int) -> str:
    """Minutes, for people."""
    return _("%(minutes)s min") % {"minutes": f"{seconds / 60:g}"}
