"""Form fields in the look of the rest."""

from __future__ import annotations

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select
from django.utils.html import format_html, format_html_join
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
    if isinstance(widget, RadioSelect):
        return _boxes(field)
    if isinstance(widget, CheckboxInput):
        classes = "form-check-input"
    else:
        classes = "form-select" if isinstance(widget, Select) else "form-control"
    return field.as_widget(attrs={"class": classes + (" is-invalid" if field.errors else "")})


def _boxes(field: BoundField) -> SafeString:
    """A box for each choice, of which one or several are ticked, below each other."""
    widget = field.field.widget
    widget.attrs["class"] = "form-check-input" + (" is-invalid" if field.errors else "")
    each = '<label class="form-check">{}<span class="form-check-label">{}</span></label>'
    boxes = format_html_join("", each, ((one.tag(), one.choice_label) for one in field))
    return format_html('<div role="group" aria-label="{}">{}</div>', field.label, boxes)
