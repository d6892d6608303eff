"""AT-04, AT-05: documents are made from inventory and registry, and nothing that is processed is missing in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from allconnects.kit import labels
from allconnects.kit.labels import Table, register, tables
from allconnects.privacy import documents
from allconnects.privacy.registry.gaps import GAPS, NAMED
from allconnects.privacy.registry.parties import PRODUCTS, RECIPIENTS
from allconnects.privacy.registry.purposes import PURPOSES
from allconnects.privacy.registry.words import BASES, CATEGORIES, RETENTIONS, SUBJECTS

ROOT = Path(__file__).resolve().parents[2]


def test_at_05_generating_again_changes_nothing() -> None:
    folder = ROOT / "docs" / "privacy"
    stale = [name for name, text in documents.documents() if documents.is_stale(folder / name, text)]
    assert stale == [], "run: allconnects privacy documents"
    assert {path.name for path in folder.glob("*.md")} == {name for name, _ in documents.documents()}


def test_at_05_both_records_hold_what_article_30_asks() -> None:
    controller, processor = documents.record("controller"), documents.record("processor")
    for text in (controller, processor):
        for part in ("Recipients", "art. 32", "Transfers outside the EEA", "data protection officer"):
            assert part in text
    for purpose in PURPOSES:
        used = any(use.label.purpose == purpose.key for use in documents.uses())
        assert (f"`{purpose.key}`" in controller) == (purpose.party == "controller" and used)
        assert (f"`{purpose.key}`" in processor) == (purpose.party == "processor" and used)


def test_every_word_of_a_label_has_a_meaning() -> None:
    assert set(CATEGORIES) == set(get_args(labels.Category))
    assert set(SUBJECTS) == set(get_args(labels.Subject))
    assert set(BASES) == set(get_args(labels.Basis))
    assert set(RETENTIONS) == set(get_args(labels.Retention)) - {"none"}
    assert {purpose.key for purpose in PURPOSES} == set(get_args(labels.Purpose)) - {"none"}


def test_a_label_rests_on_a_ground_of_its_purpose() -> None:
    grounds = {purpose.key: purpose.bases for purpose in PURPOSES}
    wrong = {(use.table, use.label.purpose, use.label.basis) for use in documents.uses()
             if use.label.basis not in grounds[use.label.purpose]}  # fmt: skip
    assert wrong == set()


def test_a_legitimate_interest_has_its_balancing_test() -> None:
    assert [p.key for p in PURPOSES if "legitimate_interest" in p.bases and p.assessment is None] == []
    for purpose in PURPOSES:
        if purpose.assessment:
            assert purpose.assessment.safeguards
            assert purpose.assessment.interest in documents.dpia()


@pytest.mark.parametrize("language", documents.LANGUAGES)
def test_at_04_the_notice_names_all_that_is_processed(language: str) -> None:
    from django.utils.translation import gettext, override

    text = documents.notice(PRODUCTS[0], language)
    with override(language):
        for use in documents.uses(PRODUCTS[0].tables):
            assert gettext(CATEGORIES[use.label.category]) in text, use
            assert gettext(SUBJECTS[use.label.subject]) in text, use
        for recipient in RECIPIENTS:
            assert gettext(recipient.title) in text


def test_at_04_every_table_with_personal_data_belongs_to_a_product() -> None:
    claimed = tuple({prefix for product in PRODUCTS for prefix in product.tables})
    third = ("account_", "mfa_", "django_", "site_", "auth_", "procrastinate_")
    assert [use.table for use in documents.uses() if not use.table.startswith((*claimed, *third))] == []


def test_at_04_what_the_policy_does_not_name_is_told_with_a_reason() -> None:
    told = {word for gap in GAPS for word in gap.concerns}
    used = {use.label.category for use in documents.uses()}
    assert used - NAMED - told == set()
    assert all(gap.owner in ("policy", "software", "operator") and gap.reason for gap in GAPS)


def test_a_new_table_appears_in_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    known = tables()
    label = replace(known["accounts_account"].columns["name"], category="user.social")
    monkeypatch.setattr(labels, "_tables", {**known})
    register(Table("accounts_diary", {"text": label}))
    assert "`accounts_diary`" in documents.record("controller")
