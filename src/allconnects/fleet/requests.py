"""What requests of data subjects ask of the register: who people are, and facts of theirs that can be corrected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from allconnects.accounts.models import Account
from allconnects.fleet.kinds import KINDS
from allconnects.fleet.models import Person
from allconnects.fleet.services import register
from allconnects.fleet.who import Who
from allconnects.kit import words
from allconnects.privacy.requests import ports, rectifying
from allconnects.privacy.requests.rectifying import Fact


class People:
    """``privacy.requests.ports.People`` over the register."""

    def of_account(self, account: int) -> UUID | None:
        """The person of the register that an account belongs to."""
        return Person.objects.filter(account_id=account).values_list("pk", flat=True).first()

    def account_of(self, person: UUID) -> int | None:
        """The account of a person."""
        return Person.objects.filter(pk=person).values_list("account_id", flat=True).first()

    def name(self, person: UUID) -> str:
        """A person's name, empty when there is none such."""
        found = Person.objects.filter(pk=person).first()
        return found.name if found else ""

    def search(self, text: str) -> list[tuple[UUID, str]]:
        """People whose name or number holds every word, at most twenty."""
        found = words.holding(Person.objects.all(), words.words_of(text), ("first_name", "last_name", "number"))
        return [(one.pk, one.name) for one in found.order_by("last_name", "first_name")[:20]]


def _fact(key: str, label: Any, field: str) -> Fact:
    return Fact(key, label, _reader(field), _writer(field))


def _reader(field: str) -> Callable[[UUID], str]:
    def read(person: UUID) -> str:
        return str(Person.objects.filter(pk=person).values_list(field, flat=True).first() or "")

    return read


def _writer(field: str) -> Callable[[UUID, str, Account], None]:
    def write(person: UUID, value: str, by: Account) -> None:
        found = Person.objects.select_related("organisation").get(pk=person)
        register.change(Who(found.organisation, by), KINDS["person"], person, {field: value})

    return write


def join() -> None:
    """Called once the register is loaded."""
    ports.register(people=People())
    rectifying.register(_fact("first_name", gettext_lazy("My first name"), "first_name"))
    rectifying.register(_fact("last_name", gettext_lazy("My last name"), "last_name"))
    rectifying.register(_fact("number", gettext_lazy("My employee number"), "number"))
