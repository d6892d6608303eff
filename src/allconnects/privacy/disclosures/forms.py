"""The form of a demand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from allconnects.privacy.disclosures.models import Ground
from allconnects.privacy.disclosures.sources import sources
from allconnects.privacy.requests import ports


def _day(label: Any, *, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget)


class DemandForm(forms.Form):
    """What an authority asks. The person is chosen by a search before."""

    person = forms.UUIDField(widget=forms.HiddenInput)
    authority = forms.CharField(label=gettext_lazy("Which authority asks?"), max_length=200)
    ground = forms.ChoiceField(label=gettext_lazy("Ground"), choices=Ground.choices)
    instrument = forms.CharField(
        label=gettext_lazy("Number of the order"), max_length=100,
        help_text=gettext_lazy("A plain letter or mail is no ground: ask for the order."),
    )  # fmt: skip
    instrument_on = _day(gettext_lazy("Day of the order"))
    checked = forms.CharField(
        label=gettext_lazy("How did you make sure that it is genuine?"), max_length=400,
        help_text=gettext_lazy("Such as: called back on the number of the court's own page."),
    )  # fmt: skip
    what = forms.MultipleChoiceField(label=gettext_lazy("What is asked for?"), widget=forms.CheckboxSelectMultiple)
    first_day = _day(gettext_lazy("From"))
    last_day = _day(gettext_lazy("Up to and including"))
    necessity = forms.CharField(
        label=gettext_lazy("Why would no less do?"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    bar = forms.CharField(
        label=gettext_lazy("May the person not be told yet? Who forbade it?"), required=False, max_length=400
    )
    bar_until = _day(gettext_lazy("Until when?"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = [(key, one.label) for key, one in sources().items()]  # type: ignore[attr-defined]


def whom(form: DemandForm) -> str:
    """The name of the person that is chosen; empty for none."""
    try:
        value = forms.UUIDField().clean(form["person"].value())
    except forms.ValidationError:
        return ""
    return ports.people().name(value)
