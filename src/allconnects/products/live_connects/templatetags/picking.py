"""A field in which something is chosen, in a form that is written by hand."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from allconnects.products.live_connects.picking.fields import PickWidget
from allconnects.products.live_connects.picking.sources import SOURCES

register = template.Library()


@register.simple_tag(takes_context=True)
def pick(
    context: template.Context, kind: str, name: str, id: str, empty: str = "–", required: bool = False,
    chosen: Any = "", many: bool = False, describedby: str = "", typed: bool = False,
) -> SafeString:  # fmt: skip
    """The field for a kind of ``picking.sources``. However many stand on a page, the rows are asked for once.

    ``typed``: one types to find, also where there are few.
    """
    source = SOURCES[kind]
    asked: dict[str, Any] = context.render_context.setdefault("picks", {})  # type: ignore[assignment, arg-type]
    if kind not in asked:
        asked[kind] = None if typed else source.few()
    attrs: dict[str, Any] = {"id": id, "required": required}
    if describedby:
        attrs["aria-describedby"] = describedby
    return PickWidget(source, many, empty).render(name, chosen, attrs, few=asked[kind])
