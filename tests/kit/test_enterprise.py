"""Numbers of enterprises as people write them."""

from __future__ import annotations

import pytest

from allconnects.kit import enterprise


@pytest.mark.parametrize(
    "text", ["0417497106", "BE 0417.497.106", "be0417-497-106", "417497106", "BE 417.497.106", " BE0417497106 "]
)
def test_one_number_however_it_is_written(text: str) -> None:
    assert enterprise.number(text) == "0417497106"


@pytest.mark.parametrize(
    "text", ["", "BE", "0417497107", "2417497106", "17497106", "NL0417497106", "0417497106x", "04174971060"]
)
def test_what_is_none(text: str) -> None:
    assert enterprise.number(text) is None
