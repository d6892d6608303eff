"""Words that somebody types find what is written with accents and capitals, in Python as in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation

TEXTS = ["François", "FRANÇOIS", "Zoë Ærø", "Łódź", "Liège", "ÎLE de Ré", "Curaçao", "Dvořák", "e\u0301te\u0301"]


def test_words_are_without_accents_and_capitals_and_at_most_eight() -> None:
    from allconnects.kit.words import words_of

    assert words_of("  François  LIÈGE ") == ["francois", "liege"]
    assert words_of("e\u0301te\u0301\0") == ["ete"], "composed or not"
    assert len(words_of("a b c d e f g h i j")) == 8


@pytest.mark.parametrize("text", TEXTS[:-1])
def test_the_database_says_the_same(organisation: Organisation, text: str) -> None:
    from django.db.models import TextField, Value

    from allconnects.accounts.models import Organisation
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.kit.words import Plain, plain

    with speaking_for(organisation.pk):
        asked = Organisation.objects.annotate(folded=Plain(Value(text, output_field=TextField())))
        assert asked.values_list("folded", flat=True)[0] == plain(text)


@pytest.mark.parametrize(
    ("typed", "found"),
    [("francois", 1), ("FRANÇOIS 1-é", 1), ("franc%", 0), ("fran_ois", 0), ("francois\\", 0), ("francois x", 0)],
)
def test_every_word_stands_in_one_of_the_columns(organisation: Organisation, typed: str, found: int) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import Vehicle
    from allconnects.kit.words import holding, words_of

    with speaking_for(organisation.pk):
        Vehicle.objects.create(organisation=organisation, name="Van François", plate="1-EÉ-1", groups=["Noord"])
        rows = holding(Vehicle.objects.all(), words_of(typed), ("name", "plate", "groups", "brand"))
        assert rows.count() == found
        assert holding(Vehicle.objects.all(), words_of("noord"), ("name", "groups")).count() == 1, "lists too"
