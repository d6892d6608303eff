"""AT-04: policy, notice and inventory side by side: nothing is missing, each difference has an owner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allconnects.kit import labels
from allconnects.kit.labels import Table, register, tables
from allconnects.privacy import documents
from allconnects.privacy.registry.book import shipped
from allconnects.privacy.registry.gaps import GAPS, NAMED
from allconnects.privacy.registry.words import BASES, CATEGORIES


@pytest.mark.parametrize("language", documents.LANGUAGES)
def test_at_04_the_whole_notice_names_categories_recipients_places_and_times(language: str) -> None:
    from django.utils.translation import gettext, override

    book = shipped()
    text = documents.whole(language, book)
    with override(language):
        claimed = [use for use in documents.uses() if use.label.purpose in {one.key for one in book.purposes}]
        notice_tables = documents.uses(tuple({p for one in documents.PRODUCTS for p in one.tables}))
        assert claimed
        for use in notice_tables:
            assert gettext(CATEGORIES[use.label.category]) in text
            assert gettext(BASES[use.label.basis]) in text
            rule = documents.RULES[use.label.retention]
            assert rule.default_days is None or f"{rule.default_days:g}" in text
        for one in (*book.recipients, *book.storage):
            assert gettext(one.title) in text


def test_at_04_a_category_that_is_added_appears_and_needs_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of birthdays in a room of the platform: the notice tells it, and the gap report has to."""
    known = tables()
    label = replace(known["fleet_person"].columns["id"], category="user.social", identifiability="direct")
    monkeypatch.setattr(labels, "_tables", {**known})
    register(Table("fleet_birthday", {"day": label}))
    assert "`fleet_birthday`" in documents.record("processor")
    told = {word for gap in GAPS for word in gap.concerns} - {"user.social"}
    assert {use.label.category for use in documents.uses()} - NAMED - told == {"user.social"}


def test_at_04_every_difference_has_an_owner_and_a_reason() -> None:
    assert [gap.clause for gap in GAPS if gap.owner not in ("policy", "software", "operator") or not gap.reason] == []
    assert any("data protection officer" in gap.policy for gap in GAPS)
