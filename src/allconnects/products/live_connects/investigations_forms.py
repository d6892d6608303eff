"""The form in which a look into what a person or vehicle did is asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy

from allconnects.kit import clock
from allconnects.privacy.investigations import ports, rules, service
from allconnects.privacy.investigations.models import Ground
from allconnects.products.live_connects.picking.fields import PickField
from allconnects.products.live_connects.picking.sources import PERSON, VEHICLE


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class WantedForm(forms.Form):
    """What is asked for. Whether it can be is said by ``privacy.investigations.service``."""

    ground = forms.ChoiceField(label=gettext_lazy("What happened"))
    person = PickField(PERSON, required=False, label=gettext_lazy("Person"))
    vehicle = PickField(
        VEHICLE, required=False, label=gettext_lazy("Or vehicle"),
        help_text=gettext_lazy("Then it is about everybody who had it on these days, and each of them sees it."),
    )  # fmt: skip
    first_day = _day(gettext_lazy("From"))
    last_day = _day(gettext_lazy("Up to and including"))
    what = forms.MultipleChoiceField(label=gettext_lazy("What is needed?"), widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(
        label=gettext_lazy("What happened, and why do everyday data not do?"), max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Whoever decides reads this; the person it is about may ask for it."),
    )  # fmt: skip
    delay_days = forms.IntegerField(
        label=gettext_lazy("Tell the person so many days later"), initial=0, min_value=0,
        help_text=gettext_lazy("0: at once. Later only for a theft, while telling would defeat it."),
    )  # fmt: skip

    delay_because = forms.CharField(
        label=gettext_lazy("Why would telling at once defeat it?"), max_length=400, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Needed only if you want the person told later. It stays with the case as the "
                               "reason why a copy of the person's data leaves this case out for so long."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = rules.grounds(clock.today())
        choices = [(value, label) for value, label in Ground.choices if value in known]
        self.fields["ground"].choices = choices  # type: ignore[attr-defined]
        self.fields["what"].choices = list(ports.kinds().items())  # type: ignore[attr-defined]
        if not any(service.most_delay(ground) for ground in known):
            del self.fields["delay_days"], self.fields["delay_because"]

    def wanted(self) -> service.Wanted:
        """What was asked for, once the form is valid."""
        given = dict(self.cleaned_data)
        person, vehicle = given.pop("person"), given.pop("vehicle")
        return service.Wanted(
            **given, person=UUID(person) if person else None, vehicle=int(vehicle) if vehicle else None
        )  # fmt: skip
