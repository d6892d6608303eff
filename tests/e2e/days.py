"""What the walks through a day share: where to go, whom to choose, and what a page has to be."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS

WIDE: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
both = pytest.mark.parametrize("options", [WIDE, PHONE], ids=["wide", "phone"])
PATIENCE_S = 240
"""The worker may still be at the two weeks before a demo that has just begun."""
MAP = "() => window.allconnectsMap && document.querySelector('.live-device')"


def look(page: Page) -> None:
    """Nothing serious for assistive technology, nothing that has to be scrolled sideways."""
    assert page.viewport_size is not None
    page.wait_for_load_state("domcontentloaded")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url
    found = Axe().run(page).response["violations"]
    serious = [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found
               if one["impact"] in ("serious", "critical")]  # fmt: skip
    assert serious == [], (page.url, serious)


def go(page: Page, section: str) -> None:
    """A section of the bar, or of what stands behind "More" where the bar is short."""
    bar = page.get_by_role("navigation", name="Sections")
    link = bar.get_by_role("link", name=section, exact=True).locator("visible=true")
    expect(bar.locator(".navbar-more > button, .navbar-wide").locator("visible=true").first).to_be_visible()
    if not link.count():
        bar.get_by_role("button", name="More").click()
    link.first.click()


def patiently(page: Page, wanted: Locator) -> None:
    """Look again until it is there: what was sent before is being worked out beside us."""
    until = time.monotonic() + PATIENCE_S
    while not wanted.count():
        assert time.monotonic() < until, f"it never came: {wanted} on {page.url}"
        page.wait_for_timeout(1000)
        page.reload()
    expect(wanted.first).to_be_visible()


def choose(field: Locator, name: str) -> None:
    """A person in a list that shows a number beside each name."""
    value = field.locator("option", has_text=name).first.get_attribute("value")
    field.select_option(value)


def narrow(page: Page) -> bool:
    return page.viewport_size is not None and page.viewport_size["width"] < 768


def today() -> date:
    return clock.now().astimezone(BRUSSELS).date()


def trips_of_some_day(page: Page) -> bool:
    """In FLEET.manager: of today, or of the last day on which somebody worked. It may be night, or Monday morning."""
    page.locator("[data-tab=trips]").tap()
    for back in map(str, range(8)):
        page.locator("#trips-day").select_option(back)
        expect(page.locator(f"#trips[data-day='{back}']")).to_be_attached(timeout=60_000)
        if page.locator("#trips li", has=page.locator("summary")).count():
            return True
    return False
