"""How states and kinds of devices look in pages."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from allconnects.telemetry.live.state import State
from allconnects.telemetry.models import Kind

register = template.Library()
ICONS = {"vehicle": "truck", "phone": "device-mobile", "material": "package"}


@register.simple_tag
def state(value: State) -> SafeString:
    """Moving, standing or silent: with a mark whose shape says it too."""
    words = {State.MOVING: _("Moving"), State.STANDING: _("Standing"), State.SILENT: _("Silent")}
    return format_html('<span class="state state-{}">{}</span>', value.name.lower(), words[value])


@register.inclusion_tag("devices/kind.html")
def kind(value: str) -> dict[str, object]:
    """Vehicle, phone or material, with its icon."""
    return {"icon_name": ICONS[value], "label": Kind(value).label}


@register.filter
def at(mapping: Mapping[str, str], key: str) -> str:
    """The value under key; empty if there is none."""
    return mapping.get(key, "")


@register.filter
def shown(value: object) -> str:
    """A value that a device sent, as people read it."""
    if isinstance(value, bool):
        return _("On") if value else _("Off")
    return str(localize(value)) if isinstance(value, (int, float)) else str(value)
