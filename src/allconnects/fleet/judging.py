"""Many rows judged by one form: to make a form costs more than to ask it, and what it may choose from is read once.

What a row alone is judged by (``fleet.forms``) holds here to the letter; only what would ask the database again for
each row is asked for all of them before.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.models import model_to_dict

from allconnects.fleet.exporting import LEFT_OUT
from allconnects.fleet.forms import PersonForm, RegisterForm
from allconnects.fleet.kinds import Kind
from allconnects.fleet.who import Who
from allconnects.privacy.erasure import marks


class _Loaded(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice out of rows that were read before."""

    def __init__(self, field: forms.ModelChoiceField[Any]) -> None:
        super().__init__(field.queryset, required=field.required, label=field.label)
        self._rows = {str(row.pk): row for row in field.queryset or ()}

    def to_python(self, value: Any) -> Any:
        """The row. Raises ValidationError for one that cannot be chosen."""
        if value in self.empty_values:
            return None
        try:
            return self._rows[str(value)]
        except KeyError:
            wrong = self.error_messages["invalid_choice"]
            raise forms.ValidationError(wrong, code="invalid_choice", params={"value": value}) from None


class Judge:
    """The form of a kind, asked about one row after the other."""

    def __init__(self, who: Who, kind: Kind) -> None:
        self.kind, self.who = kind, who
        self._form: Any = kind.form(who)
        for name in LEFT_OUT & set(self._form.fields):
            del self._form.fields[name]
        chosen = {n: one for n, one in self._form.fields.items() if isinstance(one, forms.ModelChoiceField)}
        self._form.fields |= {name: _Loaded(field) for name, field in chosen.items()}
        self._form.trusted = frozenset(chosen)
        if isinstance(self._form, PersonForm):
            self._form.asks = marks.returning_of_many(who.organisation.pk)

    def form(self, row: Any, data: Mapping[str, str]) -> RegisterForm:
        """The form of a row (None: a new one) with the fields that are given, the others as they are.

        The row takes over what the form holds as soon as that is judged.
        """
        form = copy.copy(self._form)
        form.__dict__.pop("changed_data", None)
        form._errors, form._bound_fields_cache, form.is_bound = None, {}, True
        instance: Any = self.kind.model() if row is None else row
        form.instance = instance
        instance.organisation = self.who.organisation
        instance.validate_constraints = _left_to_the_database
        fields = self.kind.form._meta.fields
        form.initial = model_to_dict(instance, fields) | self.kind.form.beside(row)
        before = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        form.data = before | dict(data)
        made: RegisterForm = form
        return made


def _left_to_the_database(exclude: Any = None) -> None:
    """Constraints are checked when rows are stored: here each would be a question of its own."""
