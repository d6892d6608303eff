"""What the map and its neighbours answer: who is near an address, what was driven, several replayed, a team's day."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
WIDE: dict[str, Any] = {}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MAP = "() => window.allconnectsMap && document.querySelector('.live-device')"
TOGETHER = "() => document.documentElement.dataset.together === 'ready'"
both = pytest.mark.parametrize("options", [WIDE, PHONE], ids=["wide", "phone"])


@both
def test_traffic_of_the_day_is_shown_and_put_away(open_page: Open, options: dict[str, Any]) -> None:
    page = open_page("/map/", **options)
    page.wait_for_function(MAP)
    page.locator("#traffic").click()
    expect(page.locator("#traffic-list .live-near:enabled").first).to_be_visible()
    drawn = "() => window.allconnectsMap.view.trafficData.features.length"
    page.wait_for_function(f"{drawn} > 0")
    first = page.locator("#traffic-list .live-near:enabled").first
    first.click()
    expect(page.locator("#traffic-list [aria-pressed=true]")).to_have_count(1)
    assert re.search(
        r"device=[\d,]+&from=[\d-]+&to=[\d-]+$", page.locator("#traffic-replay").get_attribute("href") or ""
    )
    page.locator("#traffic-close").click()
    expect(page.locator("#panel-list")).to_be_visible()
    page.wait_for_function(f"{drawn} === 0")


@pytest.mark.parametrize("path", ["/map/", "/manager/"])
def test_who_is_nearest_to_an_address(open_page: Open, path: str) -> None:
    page = open_page(path, **(PHONE if path == "/manager/" else WIDE))
    page.wait_for_function(MAP)
    page.locator("#nearest-open").click()
    page.locator("#place-search").fill("2550")
    expect(page.locator("#place-hits [role=option]").first).to_contain_text("Kontich")
    page.locator("#place-search").press("Enter")
    rows = page.locator("#nearest-list li")
    expect(rows.first).to_contain_text(re.compile(r"\d km.*about \d+ (min|h)", re.DOTALL))
    far = [float(text.split()[0].replace(",", ".")) for text in page.locator("#nearest-list b").all_inner_texts()]
    assert far == sorted(far)
    expect(page.locator("#nearest-hint")).to_contain_text("estimate")


@both
def test_several_are_replayed_together(open_page: Open, options: dict[str, Any]) -> None:
    page = open_page("/trips/together/", **options)
    page.wait_for_function(TOGETHER)
    boxes = page.locator("#found input")
    expect(boxes.first).to_be_visible()
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.locator("#apply").click()
    page.wait_for_url(re.compile(r"/trips/together/\?device=\d+%2C\d+&from=[\d-]+&to=[\d-]+$"))
    page.wait_for_function(TOGETHER)
    expect(page.locator(".together-one")).to_have_count(2)
    expect(page.locator("#play")).to_be_enabled()
    before = page.locator("#now").inner_text()
    page.locator("body").press("Space")
    expect(page.locator("#now")).not_to_have_text(before)
    page.locator("body").press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")
    page.locator("#scrub").press("PageDown")
    page.locator(".together-one input").first.uncheck()
    page.wait_for_function("() => window.allconnectsTogether.map.lines.features.length <= 1")


def test_a_teams_day_leads_to_the_days_of_its_people(open_page: Open) -> None:
    page = open_page("/trips/team/")
    page.get_by_role("link", name=re.compile("Team North")).click()
    expect(page.locator(".team-row")).not_to_have_count(0)
    expect(page.locator("svg .team-unknown, svg .team-drive, svg .team-stop").first).to_be_attached()
    page.get_by_text("As a table").click()
    expect(page.locator("#team-table")).to_be_visible()
    page.get_by_label("Rows").select_option("vehicle")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("by=vehicle"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@both
def test_nothing_serious_for_axe_and_no_scrolling_sideways(
    open_page: Open, options: dict[str, Any], scheme: str
) -> None:
    teams = open_page("/trips/team/", color_scheme=scheme, **options)
    team = teams.locator(".list-group-item").first.get_attribute("href") or ""
    pages = [teams]
    for path in (team, "/overview/", "/start/", "/trips/together/"):
        pages.append(open_page(path, color_scheme=scheme, **options))
    for page in pages:
        size = page.viewport_size
        assert size is not None
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url
        found = Axe().run(page).response["violations"]
        serious = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found
                   if one["impact"] in ("serious", "critical")]  # fmt: skip
        assert serious == [], page.url


@pytest.mark.parametrize("language", ["en", "nl", "fr", "de"])
def test_words_of_the_lists_filters_are_whole_on_the_narrowest_phone(open_page: Open, language: str) -> None:
    page = open_page("/map/", viewport={"width": 360, "height": 740}, locale=language)
    words = page.locator(".live-chip span")
    expect(words).to_have_count(6)
    expect(page.locator(".live-chip b").first).not_to_be_empty()
    assert [one for one in words.all() if one.evaluate("box => box.scrollWidth > box.clientWidth")] == []
