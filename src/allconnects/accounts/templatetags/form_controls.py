"""Form fields in the look of the rest."""

from __future__ import annotations

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def is_choice(field: BoundField) -> bool:
    """Whether the label stands beside the control (a single box to tick)."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The control of a form field, with the classes of its kind and a mark when it was refused."""
    widget = field.field.widget
    if isinstance(widget, (CheckboxInput, CheckboxSelectMultiple, RadioSelect)):
        classes = "form-check-input"
    else:
        classes = "form-select" if isinstance(widget, Select) else "form-control"
    return field.as_widget(attrs={"class": classes + (" is-invalid" if field.errors else "")})
