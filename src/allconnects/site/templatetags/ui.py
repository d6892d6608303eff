"""Template tags for what every page is made of."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """A Tabler icon out of the sprite, hidden from screen readers: text beside it says what it means."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        classes,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def current(context: template.Context, prefix: str) -> str:
    """``active`` when the page's address begins with prefix, for the navigation."""
    request = context.get("request")
    return "active" if request and request.path.startswith(prefix) else ""
