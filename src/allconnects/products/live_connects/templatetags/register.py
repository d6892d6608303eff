"""Template tags of the register."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from allconnects.fleet.whereabouts import Where
from allconnects.products.live_connects.register.texts import CERTAINTY, HOW, WHY

register = template.Library()
_COLOURS = {"certain": "green", "likely": "blue", "old": "yellow", "unknown": "red"}


@register.filter
def of(found: dict[Any, Any], key: Any) -> Any:
    """The value of a key."""
    return found.get(key)


@register.filter
def km(metres: float) -> str:
    """Metres as whole kilometres, in groups of three."""
    return f"{metres / 1000:,.0f}".replace(",", "\u202f")


@register.filter
def how(place: Where) -> Any:
    """In what way it is known."""
    return HOW[place.how]


@register.filter
def why(place: Where) -> list[Any]:
    """The reasons in words."""
    return [WHY[code] for code in place.why]


@register.simple_tag
def certainty(place: Where) -> SafeString:
    """How sure it is: a word in a colour."""
    return format_html(
        '<span class="badge bg-{}-lt">{}</span>', _COLOURS[place.certainty], CERTAINTY[place.certainty]
    )  # fmt: skip


@register.filter
def direction(sorted_by: str, name: str) -> str:
    """What to order by when a heading is pressed: turned round when it is the order already."""
    return f"-{name}" if sorted_by == name else name


@register.filter
def days_left(until: Any, today: Any) -> int:
    """Days until a day; negative when it is over."""
    return int((until - today).days)
