"""Words of distances for the driver's page."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def km(metres: float) -> str:
    """Kilometres with one decimal."""
    return number_format(metres / 1000, 1)
