"""What may be said about vehicles, materials and people: one set of rules for pages, API and imports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allconnects.accounts.models import LANGUAGES, Account
from allconnects.fleet import checks
from allconnects.fleet.models import Document, Employer, Material, Person, Team, Vehicle
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.privacy.erasure import marks

NO_COMMITTEE = gettext_lazy("A joint committee is a number such as 124 or 140.03.")

RETURNS = gettext_lazy(
    "Somebody of this name or employee number was erased on request. "
    "Only who is sure that this is somebody else, or has a new reason, enters the person by hand."
)


class WordsField(forms.CharField):
    """Several words with commas between them; a list in code."""

    def __init__(self, *args: Any, known: Iterable[str] = (), **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(*args, **kwargs)
        self.known = set(known)

    def to_python(self, value: Any) -> Any:
        """The words, each once, in their order."""
        parts = value if isinstance(value, list | tuple) else re.split(r"[,;]", value or "")
        words = list(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))
        return [word.lower() for word in words] if self.known else words

    def validate(self, value: Any) -> None:
        """Each of them known and short enough."""
        if self.known and not set(value) <= self.known:
            raise forms.ValidationError(_("Known are: %(words)s.") % {"words": ", ".join(sorted(self.known))})
        if any(len(word) > 50 for word in value) or len(value) > 30:
            raise forms.ValidationError(_("At most 30 words of 50 signs."))

    def run_validators(self, value: Any) -> None:
        """None of a text's apply to a list."""

    def prepare_value(self, value: Any) -> Any:
        """As it stands in its field."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By what it means."""
        return bool(self.to_python(initial) != self.to_python(data))


class RegisterForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row of the register; fields in Tabler's classes."""

    numbers: ClassVar[dict[str, tuple[Callable[[str], str | None], Any]]] = {}
    drawn: ClassVar[dict[str, Callable[[], forms.Widget]]] = {}
    """How pages draw a field that chooses out of many; rooms above put it in."""

    trusted: frozenset[str] = frozenset()
    """References that were looked up for many rows at once: the model need not look again."""

    def __init__(self, who: Who, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {**self.beside(kwargs.get("instance")), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.who = who
        self.instance.organisation = who.organisation
        self._offer()
        self._style()

    @classmethod
    def beside(cls, row: Any) -> dict[str, Any]:
        """Values of fields that are no columns of the row."""
        del row
        return {}

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() | self.trusted  # type: ignore[misc,no-any-return]

    def _offer(self) -> None:
        """What can be chosen is said before anything that was sent is judged."""
        for name, widget in self.drawn.items():
            if name in self.fields:
                self.fields[name].widget = widget()

    def _style(self) -> None:
        for name, field in self.fields.items():
            widget = field.widget
            if isinstance(widget, forms.DateInput) and not isinstance(widget, forms.DateTimeInput):
                field.widget = widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            kind = "form-select" if isinstance(widget, forms.Select) else "form-control"
            wrong = self.is_bound and name in self.errors
            widget.attrs["class"] = kind + (" is-invalid" if wrong else "")
            if isinstance(widget, forms.Textarea):
                widget.attrs["rows"] = 3

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        for name, (check, message) in self.numbers.items():
            given = self.cleaned_data.get(name)
            if given:
                found = check(given)
                if found is None:
                    self.add_error(name, message)
                else:
                    self.cleaned_data[name] = found
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, str) and not value.replace("\r\n", "").replace("\n", "").isprintable():
                self.add_error(name, _("Signs that cannot be shown are not accepted."))


class VehicleForm(RegisterForm):
    """A vehicle. The odometer is asked in km and kept in m."""

    numbers: ClassVar = {
        "plate": (lambda text: checks.plate(text) or None, gettext_lazy("This is no number plate.")),
        "vin": (checks.vin, gettext_lazy("A chassis number has at most 17 signs, without I, O and Q.")),
    }
    groups = WordsField(label=gettext_lazy("Groups"), help_text=gettext_lazy("With commas: “north, crane trucks”."))
    odometer_km = forms.DecimalField(
        label=gettext_lazy("Odometer (km)"), required=False, min_value=0, max_value=9_999_999, decimal_places=1,
        help_text=gettext_lazy("As the dashboard shows it now. What the tracker counts is set right by it."),
    )  # fmt: skip
    field_order = (
        "name", "plate", "vehicle_class", "groups", "odometer_km", "fuel", "brand", "model", "year", "vin", "co2_g_km",
        "seats", "payload_kg", "note",
    )  # fmt: skip

    class Meta:
        model = Vehicle
        fields = (
            "name", "plate", "vin", "vehicle_class", "fuel", "brand", "model", "year", "co2_g_km", "seats",
            "payload_kg", "groups", "note",
        )  # fmt: skip

    @classmethod
    def beside(cls, row: Any) -> dict[str, Any]:
        """The odometer in km, where it is known."""
        return {"odometer_km": row.odometer_m / 1000} if row is not None and row.odometer_m is not None else {}

    def save(self, commit: bool = True) -> Any:
        """A reading counts from the moment it is entered."""
        if "odometer_km" in self.changed_data:
            km = self.cleaned_data["odometer_km"]
            self.instance.odometer_m = None if km is None else int(km * 1000)
            self.instance.odometer_at = None if km is None else clock.now()
        return super().save(commit)


class MaterialForm(RegisterForm):
    """A material."""

    groups = WordsField(label=gettext_lazy("Groups"), help_text=gettext_lazy("With commas: “north, crane trucks”."))

    class Meta:
        model = Material
        fields = (
            "name", "category", "serial", "groups", "brand", "model", "hours", "purchased_on", "purchase_value", "note",
        )  # fmt: skip

    def save(self, commit: bool = True) -> Any:
        """A reading counts from the moment it is entered."""
        if "hours" in self.changed_data:
            self.instance.hours_at = None if self.cleaned_data["hours"] is None else clock.now()
        return super().save(commit)


class PersonForm(RegisterForm):
    """A person."""

    numbers: ClassVar = {
        "joint_committee": (
            checks.joint_committee,
            NO_COMMITTEE,
        )
    }
    languages = WordsField(
        label=gettext_lazy("Languages"), known=[code for code, _name in LANGUAGES],
        help_text=gettext_lazy("Codes with commas: nl, fr, en, de."),
    )  # fmt: skip
    groups = WordsField(label=gettext_lazy("Groups"), help_text=gettext_lazy("With commas: “north, crane trucks”."))

    returns = False
    """Somebody of that name or number was erased from the organisation."""
    asks: Callable[[dict[Any, Any]], set[Any]] | None = None
    """Who is asked about that where many are entered at once; else the database, each time."""

    class Meta:
        model = Person
        fields = (
            "first_name", "last_name", "number", "employer", "joint_committee", "languages", "groups", "active_from",
            "active_until", "account",
        )  # fmt: skip

    def _offer(self) -> None:
        super()._offer()
        employer, account = self.fields["employer"], self.fields["account"]
        assert isinstance(employer, forms.ModelChoiceField)
        assert isinstance(account, forms.ModelChoiceField)
        employer.queryset = Employer.objects.filter(archived_at=None).order_by("name")
        employer.label_from_instance = lambda obj: str(obj.name)  # type: ignore[method-assign]
        employer.empty_label = account.empty_label = "–"
        account.queryset = Account.objects.filter(membership__organisation=self.who.organisation).order_by("email")
        account.label_from_instance = lambda obj: str(obj.email)  # type: ignore[method-assign]

    def clean(self) -> dict[str, Any]:
        """Nobody leaves before he comes."""
        super().clean()
        _in_order(self, "active_from", "active_until")
        if self.instance._state.adding:
            self._ask_before_return()
        return self.cleaned_data

    def _ask_before_return(self) -> None:
        """Who was erased comes back only when somebody says so (GDPR art. 17): no file or program does."""
        name = self.cleaned_data.get("first_name", "") + self.cleaned_data.get("last_name", "")
        ask = self.asks or partial(marks.returning, self.who.organisation.pk)
        known = ask({"name": name, "number": self.cleaned_data.get("number", "")})
        self.returns = bool(known)
        if known and not self.data.get("confirm_return"):
            self.add_error(None, RETURNS)


class EmployerForm(RegisterForm):
    """Who employs people."""

    numbers: ClassVar = {
        "number": (checks.enterprise_number, gettext_lazy("This is no enterprise number: its check digits differ.")),
        "joint_committee": (
            checks.joint_committee,
            NO_COMMITTEE,
        ),
    }
    number = forms.CharField(label=gettext_lazy("Enterprise number"), max_length=20, required=False)

    class Meta:
        model = Employer
        fields = ("name", "number", "joint_committee")


class TeamForm(RegisterForm):
    """A team."""

    class Meta:
        model = Team
        fields = ("name", "note")


class DocumentForm(RegisterForm):
    """A document of a vehicle, a material or a person."""

    class Meta:
        model = Document
        fields = ("kind", "number", "valid_from", "valid_until", "note")

    def clean(self) -> dict[str, Any]:
        """Valid until after it begins."""
        super().clean()
        _in_order(self, "valid_from", "valid_until")
        return self.cleaned_data


def _in_order(form: RegisterForm, first: str, last: str) -> None:
    begin, end = form.cleaned_data.get(first), form.cleaned_data.get(last)
    if begin and end and end < begin:
        form.add_error(last, _("The end lies before the beginning."))


def initial_of(row: models.Model, form: type[RegisterForm], who: Who) -> dict[str, Any]:
    """What a form of this row would send unchanged: fields left out of a change stay as they are."""
    made = form(who, instance=row)
    return {name: made.get_initial_for_field(field, name) for name, field in made.fields.items()}
