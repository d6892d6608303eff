"""Texts in CSV files: no formula, and nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.kit.csv import guarded, unguarded

SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]


@pytest.mark.parametrize("sign", SIGNS)
def test_a_formula_is_a_text(sign: str) -> None:
    assert guarded(f"{sign}cmd|' /C calc'!A0") == f"'{sign}cmd|' /C calc'!A0"
    assert guarded(f"a{sign}") == f"a{sign}"


@given(st.text(st.sampled_from(["'", *SIGNS, "a", " "]), max_size=12))
def test_every_text_comes_back_and_none_begins_like_a_formula(text: str) -> None:
    assert not guarded(text).startswith(tuple(SIGNS))
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["", "'", "'s-Hertogenbosch", "O'Neill", "5 = 5"])
def test_other_texts_stay(text: str) -> None:
    assert guarded(text) == text == unguarded(text)
