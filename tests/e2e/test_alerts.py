"""A manager takes a suggested rule, tries it on the past, switches it on, and handles what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


def make_rule(page: Page, name: str, limit: str) -> None:
    """A rule on speed that every moving vehicle breaks."""
    page.get_by_label("Name of the rule").fill(name)
    page.get_by_label("What happens").select_option("speeding")
    page.get_by_label("Limit").fill(limit)
    page.get_by_label("For at least (minutes)").fill("0")
    page.get_by_role("button", name="Save and try on past data").click()
    expect(page.locator("#count")).to_be_visible()


def test_from_a_suggestion_to_a_live_rule(open_page: Open) -> None:
    page = open_page("/alerts/rules/")
    # The demo has some of the suggested rules already; any that is still offered will do.
    offered = page.get_by_role("button", name=re.compile("^Take the rule ")).first
    name = (offered.get_attribute("aria-label") or offered.inner_text()).removeprefix("Take the rule ").strip()
    offered.click()
    expect(page).to_have_url(re.compile(r"/alerts/rules/\d+/try/$"))
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator(".alerts-rule", has_text=name).first).to_contain_text("Live")


def test_an_alert_is_raised_shown_on_the_map_and_resolved(open_page: Open) -> None:
    page = open_page("/alerts/rules/add/")
    make_rule(page, "Anything that moves", "5")
    live = open_page("/map/")
    live.wait_for_selector(".live-device")
    page.get_by_role("button", name="Switch on").click()
    expect(live.locator(".alert-toast").first).to_be_visible()
    page.goto(page.url.split("/alerts/")[0] + "/alerts/")
    row = page.locator(".alerts-row", has_text="Anything that moves").first
    expect(row).to_be_visible()
    row.get_by_role("link").first.click()
    page.get_by_label("Note (optional)").fill("Seen in the test")
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Seen in the test")).to_be_visible()
    page.goto(page.url.split("/alerts/")[0] + "/alerts/rules/")
    page.locator(".alerts-rule", has_text="Anything that moves").get_by_role("button", name="Pause").click()


def test_a_webhook_is_added_with_its_secret_shown_once(open_page: Open) -> None:
    page = open_page("/alerts/webhooks/")
    page.get_by_label("Name").fill("Planning")
    page.get_by_label("Address").fill("https://hooks.example.org/in")
    page.locator("main").get_by_role("button", name="Add").click()
    expect(page.locator("#secret")).to_contain_text("whsec_")
    page.goto(page.url)
    expect(page.locator("#secret")).to_have_count(0)


PATHS = (
    "/alerts/",
    "/alerts/rules/",
    "/alerts/rules/add/",
    "/alerts/webhooks/",
    "/alerts/deliveries/",
    "/organisation/forwarding/",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_serious_for_axe_and_nothing_sideways(open_page: Open, path: str, scheme: str) -> None:
    page = open_page(path, color_scheme=scheme, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
