"""The field itself: a select while there is little to choose from, else text with suggestions.

Without a script the text is what counts: one is found by its name or number, several are divided by semicolons. With
one, ids are sent beside it. Whatever is sent, only what the organisation has can be chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from allconnects.kit.errors import InvalidInput
from allconnects.products.live_connects.picking.sources import Option, Source

TEXT = "_text"
"""What the name of the text beside a choice ends with."""
MOST_CHOSEN = 500


class Unclear(str):
    """Text that names nothing, or too much; ``why`` says which. It is no id, so whoever takes it for one refuses."""

    __slots__ = ("why",)
    why: str


def picked(data: Mapping[str, Any], source: Source, name: str) -> str:
    """The id that a form has chosen; empty if none was. Raises InvalidInput where the text names none or several."""
    key, text = ("" if data.get(one) is None else str(data[one]).strip() for one in (name, name + TEXT))
    if name + TEXT not in data:
        return key
    if not text:
        return ""
    known = source.of([key]) if key else []
    return key if known and known[0].text == text else source.one(text)


def picked_many(data: Any, source: Source, name: str) -> list[str]:
    """The ids that a form has chosen, with what its text names besides. Raises InvalidInput."""
    keys = list(data.getlist(name))
    for text in str(data.get(name + TEXT, "")).split(";"):
        if text.strip():
            keys.append(source.one(text.strip()))
    return list(dict.fromkeys(keys))


class PickWidget(forms.Widget):
    """Draws the field. ``empty``: what choosing nothing is called, of one that may stay empty."""

    def __init__(self, source: Source, many: bool = False, empty: str = "–", attrs: dict[str, Any] | None = None):
        super().__init__(attrs)
        self.source, self.many, self.empty = source, many, empty

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:  # noqa: ARG002
        """The id, or the ids; ``Unclear`` where the text cannot be told."""
        try:
            return picked_many(data, self.source, name) if self.many else picked(data, self.source, name)
        except InvalidInput as error:
            wrong = Unclear(str(data.get(name + TEXT, "")))
            wrong.why = error.message
            return [*data.getlist(name), wrong] if self.many else wrong

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None,  # noqa: ARG002
        few: list[Option] | bool | None = False,
    ) -> SafeString:  # fmt: skip
        """The field as HTML. ``few``: the short list or None, if somebody has asked the source already."""
        given = [value] if not isinstance(value, list | tuple) else list(value)
        typed = "; ".join(one for one in given if isinstance(one, Unclear))
        keys = [str(one) for one in given if one not in (None, "") and not isinstance(one, Unclear)]
        listed = self.source.few() if isinstance(few, bool) else few
        attrs = {**self.attrs, **(attrs or {})}
        dressed = attrs.pop("class", "")
        context = {
            "name": name, "source": self.source.name, "many": self.many, "empty": self.empty, "attrs": attrs,
            "id": attrs.pop("id", f"id_{name}"), "required": attrs.pop("required", self.is_required) and not self.many,
            "wrong": "is-invalid" in dressed, "typed": typed, "listed": listed, "keys": keys,
            "chosen": self.source.of(keys) if listed is None and keys else [],
        }  # fmt: skip
        return SafeString(render_to_string("picking/field.html", context))


class PickField(forms.Field):
    """One of a source, or with ``many`` several; cleaned to the id as text, or to a list of them."""

    def __init__(self, source: Source, many: bool = False, empty: str = "–", **more: Any) -> None:
        super().__init__(widget=PickWidget(source, many, empty), **more)
        self.source, self.many = source, many

    def clean(self, value: Any) -> Any:
        """The ids, all of which there are. Raises ValidationError."""
        given = list(value or []) if self.many else [value] if value else []
        if self.required and not given:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        for one in given:
            if isinstance(one, Unclear):
                raise forms.ValidationError(one.why, code="unclear")
        if len(given) > MOST_CHOSEN:
            raise forms.ValidationError(_("At most %(most)s can be chosen.") % {"most": MOST_CHOSEN}, code="many")
        if given and {one.key for one in self.source.of(given)} != set(given):
            raise forms.ValidationError(_("What was chosen is not there any more."), code="gone")
        return given if self.many else given[0] if given else ""
