"""Forms about devices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from allconnects.telemetry.models import Kind
from allconnects.telemetry.services import SECRET_LENGTH


class TablerForm(forms.Form):
    """Fields in Tabler's classes, their errors tied to them for screen readers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dress()

    def _dress(self) -> None:
        """Judges what was sent, so choices must be there by then."""
        for name, field in self.fields.items():
            select = isinstance(field.widget, forms.Select)
            wrong = self.is_bound and name in self.errors
            field.widget.attrs["class"] = ("form-select" if select else "form-control") + (
                " is-invalid" if wrong else ""
            )


class ChangeForm(TablerForm):
    """Name and kind of a device."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("As your people call it: “Van 12”, “Crane north”.")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)


class AddForm(ChangeForm):
    """A device to register."""

    identifier = forms.CharField(
        label=_("Identifier"),
        max_length=100,
        help_text=_(
            "What the device calls itself: the IMEI of a tracker (15 digits), or the identifier that the app shows."
        ),
    )
    secret = forms.CharField(
        label=_("Secret (optional, for phones)"),
        required=False,
        min_length=SECRET_LENGTH,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("If you set one, only messages that carry it are accepted."),
    )
    field_order = ("identifier", "name", "kind", "secret")


class AcceptForm(ChangeForm):
    """A device that is waiting, and as what to register it."""

    protocol = forms.CharField(max_length=20, widget=forms.HiddenInput)
    identifier = forms.CharField(max_length=100, widget=forms.HiddenInput)
