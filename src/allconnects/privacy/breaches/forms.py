"""The form of a breach; times are Brussels wall clock."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from allconnects.kit.errors import InvalidInput
from allconnects.privacy.breaches import reach
from allconnects.privacy.breaches.models import Breach
from allconnects.privacy.registry.words import CATEGORIES

_TIMES = ("noticed_at", "began_at", "ended_at", "notified_at", "persons_told_at")


class BreachForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is known so far; it may be filled in bit by bit."""

    categories = forms.MultipleChoiceField(
        label=_("kinds of data"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(key, text) for key, text in CATEGORIES.items() if key != "system.operations"],
    )  # fmt: skip
    source = forms.CharField(
        label=_("through account or token"), required=False, max_length=70,
        help_text=_("Such as account:7 or token:3; the audit chain and the list of tokens name them so."),
    )  # fmt: skip

    class Meta:
        model = Breach
        fields = (
            "title", "noticed_at", "began_at", "ended_at", "source", "what", "categories", "persons", "risk",
            "consequences", "measures", "notified_at", "persons_told_at", "reason",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name in _TIMES:
                field.widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            css = {"Select": "form-select", "CheckboxSelectMultiple": "form-check-input"}.get(
                type(field.widget).__name__, "form-control"
            )
            field.widget.attrs["class"] = css
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 3

    def clean_source(self) -> str:
        """Empty, or as logs name accounts and tokens."""
        text: str = self.cleaned_data["source"]
        try:
            return reach.normal(text) if text.strip() else ""
        except InvalidInput as error:
            raise forms.ValidationError(_("Write it as account:7 or token:3.")) from error
