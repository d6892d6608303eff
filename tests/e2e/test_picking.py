"""Choosing out of many: by keyboard, by thumb, in a form in which several can be chosen, and without a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_pages import _serious

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
LONG_MS = 30_000


def test_one_types_and_chooses_by_keyboard_and_by_thumb(open_page: Open) -> None:
    page = open_page("/styleguide/", viewport={"width": 390, "height": 844}, color_scheme="dark")
    one = page.locator("#s-pick")
    key = page.locator("input[type=hidden][name=vehicle]")
    expect(one).to_have_attribute("role", "combobox", timeout=LONG_MS)  # the script is there
    one.focus()
    one.press("ArrowDown")
    offered = page.locator(".pick-list.show [role=option]")
    expect(offered.first).to_be_visible(timeout=LONG_MS)
    first = offered.first.inner_text()
    one.press("ArrowDown")
    expect(offered.first).to_have_attribute("aria-selected", "true")
    assert one.get_attribute("aria-activedescendant") == offered.first.get_attribute("id")
    assert _serious(page) == []
    one.press("Enter")
    expect(one).to_have_value(first)
    assert key.input_value().isdigit()
    one.press("End")
    one.type("x")
    expect(key).to_have_value("")  # whoever types on has chosen no more
    expect(page.locator(".pick-said").first).not_to_be_empty(timeout=LONG_MS)
    one.fill("")
    expect(offered.first).to_be_visible(timeout=LONG_MS)
    last = offered.last.inner_text()
    one.fill(last)  # the keys that follow at once mean what is typed now, not the list that still stands there
    one.press("ArrowDown")
    one.press("Enter")
    expect(one).to_have_value(last, timeout=LONG_MS)
    expect(key).not_to_have_value("")
    many = page.locator("#s-picks")
    many.click()
    many.fill(first)
    expect(offered.first).to_have_text(first, timeout=LONG_MS)
    offered.first.click()
    expect(page.get_by_role("checkbox", name=first, exact=True)).to_be_checked()
    expect(many).to_have_value("")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
