"""Places in a browser: drawn, changed, undone, typed, imported; and who is there."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Platform
from tests.e2e.test_pages import _serious
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def click(page: Page, across: float, down: float) -> None:
    """Click a point of the map, in parts of its width and height."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    page.wait_for_timeout(120)  # two clicks at once would be a double click
    settled(page)


def settled(page: Page) -> None:
    """What was clicked is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def ready(page: Page) -> None:
    page.wait_for_selector("#tools")
    page.locator("#map").scroll_into_view_if_needed()


@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_a_polygon_is_drawn_undone_and_kept(open_page: Open, options: dict[str, Any]) -> None:
    page = open_page("/places/add/", **options)
    ready(page)
    page.get_by_role("button", name="Polygon").click()
    for across, down in ((0.4, 0.3), (0.6, 0.3), (0.6, 0.6), (0.4, 0.6), (0.4, 0.3)):
        click(page, across, down)
    expect(page.get_by_label("Shape")).to_have_value("Polygon")
    drawn = page.get_by_label("Points").input_value()
    assert len(drawn.splitlines()) == 4
    page.get_by_role("button", name="Corridor").click()
    for across, down in ((0.3, 0.5), (0.5, 0.4), (0.7, 0.5), (0.7, 0.5)):
        click(page, across, down)
    expect(page.get_by_label("Shape")).to_have_value("Corridor")
    expect(page.get_by_label("Width (m)")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Points")).to_have_value(drawn)
    expect(page.get_by_label("Shape")).to_have_value("Polygon")
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_label("Shape")).to_have_value("Corridor")
    page.get_by_role("button", name="Undo").click()
    page.get_by_label("Name").fill("Drawn place")
    page.locator("main form").get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("h1")).to_have_text("Drawn place")
    page.wait_for_selector("#map[data-ready='1']")
    page.get_by_role("link", name="Change").click()
    ready(page)
    expect(page.get_by_label("Points")).to_have_value(drawn)
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete place and visits").click()
    expect(page).to_have_url(re.compile(r"/places/$"))


def test_a_circle_is_drawn_and_dragged(open_page: Open) -> None:
    page = open_page("/places/add/")
    ready(page)
    page.get_by_role("button", name="Circle").click()
    click(page, 0.5, 0.5)
    click(page, 0.55, 0.5)
    expect(page.get_by_label("Points")).not_to_have_value("")
    before = page.get_by_label("Points").input_value()
    assert float(page.get_by_label("Radius (m)").input_value()) > 10
    page.wait_for_timeout(500)
    settled(page)
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2 + 8, box["y"] + box["height"] / 2 + 8
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 30, steps=6)
    page.mouse.up()
    expect(page.get_by_label("Points")).not_to_have_value(before)


@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_it_all_works_by_keyboard(open_page: Open, options: dict[str, Any]) -> None:
    page = open_page("/places/add/", **options)
    search = page.get_by_label("Find an address, town or postal code")
    search.focus()
    page.keyboard.type("255")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.type("0")  # the keys that follow at once mean what is typed now, not the list that still stands there
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Points")).to_have_value(re.compile(r"^51\.1\d+, 4\.4\d+$"))
    page.get_by_label("Radius (m)").fill("9")
    page.get_by_label("Name").fill("Typed place")
    page.keyboard.press("Enter")
    expect(page.locator("#id_points_error")).to_contain_text("from 10 to 100000 metres")
    page.get_by_label("Radius (m)").fill("150")
    page.get_by_label("Name").press("Enter")
    expect(page.locator("h1")).to_have_text("Typed place")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


def latest(platform: Platform) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        platform.url + "/api/v1/positions/latest", headers={"Authorization": f"Bearer {platform.token}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        found: list[dict[str, Any]] = json.loads(answer.read())
    return found


def test_who_is_there_is_seen_and_becomes_a_visit(open_page: Open, platform: Platform) -> None:
    page = open_page("/places/add/")
    still = until(lambda: [one for one in latest(platform) if one["state"] == "standing"], 4 * PATIENCE_S)
    assert still, "nothing of the demo fleet stands still"
    one = still[0]
    page.get_by_label("Points").fill(f"{one['lat']}, {one['lon']}")
    page.get_by_label("Radius (m)").fill("3000")
    page.get_by_label("Name").fill("Where it stands")
    page.get_by_text("More", exact=True).last.click()
    page.get_by_label("Counts as a visit after (minutes)").fill("0")
    page.locator("main form").get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#here")).to_contain_text(one["name"])
    for _ in range(300):
        if page.locator("#visits").count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
    expect(page.locator("#visits")).to_contain_text(one["name"])
    expect(page.locator("#hours tbody tr").first).to_be_visible()
    assert _serious(page) == []


def test_a_file_is_looked_at_before_it_is_taken(open_page: Open) -> None:
    page = open_page("/places/import/")
    good = {
        "type": "Feature",
        "properties": {"name": "From a file"},
        "geometry": {"type": "Point", "coordinates": [4, 51]},
    }
    bad = {"type": "Feature", "properties": {"name": "Broken"}, "geometry": None}
    content = json.dumps({"type": "FeatureCollection", "features": [good, bad]}).encode()
    page.locator("#id_file").set_input_files({"name": "p.geojson", "mimeType": "application/json", "buffer": content})
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("#features")).to_contain_text("The feature has no shape.")
    page.get_by_role("button", name="Add 1 place").click()
    expect(page.locator("#place-table")).to_contain_text("From a file")
    expect(page.locator("#place-table")).not_to_contain_text("Broken")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/places/", "/places/add/", "/places/import/", "/places/home/"])
def test_nothing_serious_for_axe(open_page: Open, path: str, scheme: str) -> None:
    page = open_page(path, color_scheme=scheme)
    page.wait_for_load_state("networkidle")
    assert _serious(page) == []


def test_places_lie_on_the_live_map_and_can_be_hidden(open_page: Open) -> None:
    page = open_page("/map/")
    toggle = page.get_by_role("button", name="Places on the map")
    visible = "window.allconnectsMap.map.getLayoutProperty('places-fill', 'visibility')"
    page.wait_for_selector("#places[data-drawn]")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    assert page.evaluate(visible) == "none"
    page.reload()
    page.wait_for_selector("#places[data-drawn]")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(visible) == "none"
    toggle.click()
    assert page.evaluate(visible) == "visible"
