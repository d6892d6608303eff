"""Forms of requests: what a person asks, and what staff enter for somebody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allconnects.accounts.models import LANGUAGES
from allconnects.kit import clock
from allconnects.privacy.requests.models import Channel, Right

BY_STAFF = [(one.value, one.label) for one in (Channel.POST, Channel.PHONE, Channel.EMAIL, Channel.EMPLOYER)]


class _Words(forms.Textarea):
    def __init__(self, rows: int = 4) -> None:
        super().__init__(attrs={"rows": rows, "maxlength": 8000})


class AskForm(forms.Form):
    """What somebody who is signed in asks."""

    right = forms.ChoiceField(
        label=gettext_lazy("What do you want?"), choices=Right.choices, widget=forms.RadioSelect, initial=Right.ACCESS
    )
    words = forms.CharField(
        label=gettext_lazy("In your own words"), required=False, max_length=8000, widget=_Words(),
        help_text=gettext_lazy("Not needed. Say here which data or days it is about, or why you object."),
    )  # fmt: skip


class PublicForm(AskForm):
    """The same for whoever has no account; the address is confirmed by a link in a mail."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=gettext_lazy("We send you a link to confirm it. Best use the address that we or your employer know."),
    )  # fmt: skip
    employer = forms.CharField(
        label=gettext_lazy("Your employer"), required=False, max_length=160,
        help_text=gettext_lazy("If it is about vehicles or work: for whom do or did you work?"),
    )  # fmt: skip
    language = forms.ChoiceField(label=gettext_lazy("Language of our answer"), choices=LANGUAGES)
    website = forms.CharField(required=False, widget=forms.HiddenInput)
    """Nobody sees it; programs that fill everything in do."""

    field_order = ("right", "words", "name", "email", "employer", "language", "website")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = translation.get_language() or "nl"


class EntryForm(forms.Form):
    """A request that came by post, by telephone or by the employer, entered by whoever took it."""

    channel = forms.ChoiceField(label=gettext_lazy("How did it come in?"), choices=BY_STAFF)
    received_on = forms.DateField(
        label=gettext_lazy("When did it arrive?"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The true day of arrival, not today: the month counts from it."),
    )  # fmt: skip
    right = forms.ChoiceField(label=gettext_lazy("What is asked?"), required=False)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    email = forms.EmailField(label=gettext_lazy("E-mail address"), required=False)
    address = forms.CharField(
        label=gettext_lazy("Postal address"), required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    words = forms.CharField(
        label=gettext_lazy("What was written or said"), required=False, max_length=8000, widget=_Words(5),
        help_text=gettext_lazy("Do not keep a copy of an identity card."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["right"].choices = [("", _("Not clear yet")), *Right.choices]  # type: ignore[attr-defined]
        self.fields["received_on"].initial = clock.today()
        self.fields["language"].initial = "nl"
