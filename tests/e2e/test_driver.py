"""FLEET.driver on a phone: the private button under a thumb, with and without network; what a person may know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Watch, closed, opened
from tests.e2e.conftest import Platform

pytestmark = pytest.mark.e2e
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "locale": "en"}


@pytest.fixture
def phone(chromium: Browser, platform: Platform) -> Iterator[Callable[..., Page]]:
    """``phone(path)``: the driver's phone; with ``watched=False`` nobody minds that it has no network."""
    contexts, watches = [], []

    def make(path: str, *, watched: bool = True, **options: Any) -> Page:
        context = opened(chromium, **{**PHONE, **options})
        contexts.append(context)
        page = context.new_page()
        if watched:
            watches.append(Watch(page, platform.url))
        page.goto(platform.url + "/accounts/login/?next=" + path)
        page.fill("input[name=login]", platform.account.replace("owner", "driver", 1))
        page.fill("input[name=password]", platform.password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**" + path)
        return page

    yield make
    for context in contexts:
        closed(context)
    for watch in watches:
        watch.assert_clean()


def serious(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [n["html"][:120] for n in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def at_work(page: Page) -> None:
    """Whatever the test before left."""
    page.wait_for_load_state("networkidle")
    if page.get_by_role("button", name="End private time").count():
        page.get_by_role("button", name="End private time").tap()
    expect(page.locator("#h-now")).to_have_text("Recorded for work")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_private_now_and_back_with_a_thumb(phone: Callable[..., Page], scheme: str) -> None:
    page = phone("/driver/", color_scheme=scheme)
    at_work(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    button = page.get_by_role("button", name="Private now")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 60
    assert box["y"] + box["height"] <= 844, "within reach without scrolling"
    assert serious(page) == []
    button.tap()
    expect(page.locator("#h-now")).to_have_text("Private")
    assert serious(page) == []
    page.get_by_role("button", name="End private time").tap()
    expect(page.locator("#h-now")).to_have_text("Recorded for work")
    expect(page.locator("#private-times li").first).to_contain_text("Van 01")


def test_pressed_without_network_it_waits_and_counts_from_then(phone: Callable[..., Page]) -> None:
    page = phone("/driver/", watched=False)
    at_work(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Private now").tap()
    expect(page.locator("#pressed")).to_contain_text("No network")
    page.context.set_offline(False)
    expect(page.locator("#h-now")).to_have_text("Private")
    page.get_by_role("button", name="End private time").tap()
    expect(page.locator("#h-now")).not_to_have_text("Private")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_kept_who_looked_and_the_notices(phone: Callable[..., Page], scheme: str) -> None:
    page = phone("/privacy/", color_scheme=scheme)
    expect(page.locator("#h-kept")).to_be_visible()
    assert page.locator("table tbody tr").count() > 10
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(page) == []
    page.get_by_role("link", name="Who looked at me, and why").click()
    expect(page.locator("h1")).to_have_text("Who looked at me, and why")
    assert serious(page) == []
    page.get_by_role("link", name="Privacy", exact=True).last.click()
    page.get_by_role("link", name="FLEET.driver").click()
    expect(page.locator("h1")).to_contain_text("FLEET.driver")
    assert serious(page) == []
