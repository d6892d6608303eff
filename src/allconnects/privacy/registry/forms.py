"""Forms of the registry: one for each kind of entry, and that of publishing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from allconnects.privacy.registry import rules
from allconnects.privacy.registry.models import Kind
from allconnects.privacy.registry.values import LANGUAGES, TEXTS, Values, is_switchable
from allconnects.privacy.registry.words import BASES, RECIPIENT_KINDS

_NAMES = {"nl": "Nederlands", "fr": "Français", "en": "English", "de": "Deutsch"}


def _area(label: Any, rows: int = 3, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=2000, widget=forms.Textarea({"rows": rows}), help_text=help_text
    )


class EntryForm(forms.Form):
    """What all kinds share: a name and a text of one's own in each language. Empty: the words of the product."""

    has_text = True

    def __init__(self, key: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        for language in LANGUAGES:
            self.fields[f"title_{language}"] = forms.CharField(
                label=f"{_('Name')} ({_NAMES[language]})", max_length=150, required=False
            )
            if self.has_text:
                self.fields[f"text_{language}"] = _area(f"{_('Text')} ({_NAMES[language]})", 2)

    def values(self) -> Values:
        """What is stored."""
        given = self.cleaned_data
        texts = {
            name: {language: given.get(f"{name}_{language}", "") for language in LANGUAGES}
            for name in ("title", "text")
        }
        rest = {name: value for name, value in given.items() if not name.startswith(("title_", "text_"))}
        return {**rest, "texts": texts}

    @classmethod
    def initial_of(cls, values: Values) -> dict[str, Any]:
        """Stored values as the form shows them."""
        texts = {
            f"{name}_{language}": text for name, by in values.get("texts", {}).items() for language, text in by.items()
        }
        return {**{name: value for name, value in values.items() if name != "texts"}, **texts}

    def own(self) -> list[forms.BoundField]:
        """The fields but those of names and texts."""
        return [one for one in self if not one.name.startswith(("title_", "text_"))]

    def worded(self) -> list[forms.BoundField]:
        """Those of names and texts."""
        return [one for one in self if one.name.startswith(("title_", "text_"))]


class PurposeForm(EntryForm):
    """On or off, the ground, and where it is an interest, how it was weighed."""

    on = forms.BooleanField(label=_("Switched on"), required=False)
    bases = forms.MultipleChoiceField(
        label=_("Legal basis"), required=False, choices=[(one, BASES[one]) for one in rules.BASES],
        widget=forms.CheckboxSelectMultiple(),
    )  # fmt: skip
    interest = _area(_("The interest"))
    necessity = _area(_("Why it is needed"))
    balance = _area(_("Weighed against the people concerned"))
    safeguards = _area(_("Safeguards, one a line"), 5)
    decided_by = forms.CharField(label=_("Decided by (function)"), max_length=150, required=False)
    decided_on = forms.DateField(label=_("Decided on"), required=False, widget=forms.DateInput({"type": "date"}))
    review_months = forms.IntegerField(label=_("Looked at again after (months)"), min_value=1, max_value=36, initial=12)

    def __init__(self, key: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(key, *args, **kwargs)
        if not is_switchable(key):
            self.fields["on"].disabled = True

    def values(self) -> Values:
        """Days and lists as JSON has them."""
        found = super().values()
        day = found["decided_on"]
        lines = [line.strip() for line in found["safeguards"].splitlines() if line.strip()]
        trimmed = {name: found[name].strip() for name in TEXTS}
        return {**found, **trimmed, "safeguards": lines, "decided_on": day.isoformat() if day else ""}

    @classmethod
    def initial_of(cls, values: Values) -> dict[str, Any]:
        """Safeguards one a line."""
        return {**super().initial_of(values), "safeguards": "\n".join(values.get("safeguards", []))}


class RecipientForm(EntryForm):
    """Who it is, where, and on which contract."""

    kind = forms.ChoiceField(label=_("What it is"), choices=list(RECIPIENT_KINDS.items()))
    country = forms.CharField(label=_("Country"), max_length=60)
    contract = forms.CharField(label=_("Contract (reference)"), max_length=150, required=False)
    signed_on = forms.DateField(label=_("Signed on"), required=False, widget=forms.DateInput({"type": "date"}))
    ends_on = forms.DateField(label=_("Ends on"), required=False, widget=forms.DateInput({"type": "date"}))

    def values(self) -> Values:
        """Days as JSON has them."""
        found = super().values()
        return {**found, **{one: found[one].isoformat() if found[one] else "" for one in ("signed_on", "ends_on")}}


class StorageForm(EntryForm):
    """Where, by whom, and what makes a transfer lawful."""

    country = forms.CharField(label=_("Country (two capitals)"), max_length=2, min_length=2)
    operator = forms.CharField(label=_("Operated by"), max_length=150, required=False)
    transfer = forms.CharField(
        label=_("Protection; outside the EEA: what makes it lawful"), max_length=300, required=False
    )


class ObligationForm(EntryForm):
    """The law, what it is about and for how long."""

    has_text = False
    citation = forms.CharField(label=_("Law and article"), max_length=200)
    which = forms.CharField(label=_("Which data"), max_length=300)
    days = forms.IntegerField(label=_("For how many days (0: no time named)"), min_value=0, max_value=3660)

    def values(self) -> Values:
        """``data`` is a word of Django's own forms."""
        found = super().values()
        return {**found, "data": found.pop("which")}

    @classmethod
    def initial_of(cls, values: Values) -> dict[str, Any]:
        """The same the other way."""
        return {**super().initial_of(values), "which": values.get("data", "")}


FORMS: dict[str, type[EntryForm]] = {
    Kind.PURPOSE: PurposeForm, Kind.RECIPIENT: RecipientForm, Kind.STORAGE: StorageForm,
    Kind.OBLIGATION: ObligationForm,
}  # fmt: skip


class PublishForm(forms.Form):
    """From when it holds, and what a new purpose needs."""

    effective_on = forms.DateField(label=_("Holds from"), widget=forms.DateInput({"type": "date"}))
    dpia = forms.CharField(
        label=_("Impact assessment (reference)"), max_length=200, required=False,
        help_text=_("Needed when a purpose is switched on."),
    )  # fmt: skip
    consulted_on = forms.DateField(
        label=_("Workers or their representatives consulted on"), required=False,
        widget=forms.DateInput({"type": "date"}), help_text=_("Needed when a purpose is switched on."),
    )  # fmt: skip
    told_others = forms.CharField(
        label=_("How people without an account are told"), max_length=300, required=False,
        help_text=_("Such as a letter with the pay slip, or the notice board."),
    )  # fmt: skip
