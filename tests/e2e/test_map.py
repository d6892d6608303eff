"""The live map, as a person in front of it sees and uses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]

DRAWN = "() => window.allconnectsMap.view.overlay.drawn()"
READY = "() => window.allconnectsMap && window.allconnectsMap.map.loaded() && document.querySelector('.live-device')"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def ready(page: Page) -> Page:
    """Wait until the map has drawn its symbols."""
    page.wait_for_function(READY)
    page.wait_for_function(f"() => Object.keys(({DRAWN})()).length > 0")
    return page


def test_symbols_of_the_demo_fleet_move(open_page: Open) -> None:
    page = ready(open_page("/map/"))
    page.wait_for_function("() => window.allconnectsMap.fleet.devices.size >= 30")
    page.evaluate("() => window.allconnectsMap.map.jumpTo({ center: [4.45, 50.85], zoom: 9.2 })")
    page.wait_for_function(f"() => Object.keys(({DRAWN})()).length > 3")
    before = page.evaluate(DRAWN)
    page.wait_for_function(
        f"(before) => {{ const now = ({DRAWN})(); "
        "return Object.keys(now).filter((id) => before[id] && (now[id][0] !== before[id][0] || "
        "now[id][1] !== before[id][1])).length >= 3; }",
        arg=before,
    )


def test_a_symbol_glides_to_its_fix_and_not_beyond(open_page: Open) -> None:
    page = open_page("/map/")
    places = page.evaluate(
        """async () => {
          const { Fleet, placeAt } = await import('/static/live/fleet.js');
          const fleet = new Fleet();
          fleet.setDevices([{ id: 1, name: 'a', kind: 'vehicle', state: 'silent', last_report: null }]);
          fleet.applyAll([[1, 50.0, 4.0, 60, 90, 2, 10000]], 0);
          fleet.applyAll([[1, 50.0, 4.01, 60, 90, 2, 14000]], 1000);
          const device = fleet.devices.get(1);
          const seen = [1000, 2000, 3000, 5000, 9000].map((now) => placeAt(device, now).lon);
          fleet.applyAll([[1, 50.0, 3.0, 60, 90, 2, 9000]], 9500);
          return { seen, late: placeAt(device, 9600).lon };
        }"""
    )
    assert places["seen"] == pytest.approx([4.0, 4.0025, 4.005, 4.01, 4.01])
    assert places["late"] == pytest.approx(4.01), "a late fix moves nothing backwards"


def test_a_device_is_found_and_opened_by_keyboard(open_page: Open) -> None:
    page = ready(open_page("/map/"))
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("service car")
    expect(page.locator(".live-device")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    name = page.locator(".live-device.current .live-device-name").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#d-name")).to_have_text(name)
    expect(page.locator("#d-time")).to_have_text(re.compile(r"ago|now"))
    expect(page.locator("#d-attributes")).to_contain_text("Ignition")
    expect(page.locator("#d-track")).to_have_text(re.compile(r"\d\d:\d\d – \d\d:\d\d · [\d.,]+ km|No movement"))
    assert re.fullmatch(r"#device=\d+", page.evaluate("location.hash"))
    page.keyboard.press("Escape")
    expect(page.locator("#panel-list")).to_be_visible()
    assert page.evaluate("location.hash") == ""


def test_a_click_on_a_symbol_opens_its_device_and_draws_the_line_of_today(open_page: Open) -> None:
    page = ready(open_page("/map/"))
    page.locator(".live-chip[data-state=moving]").click()
    first = page.locator(".live-device").first
    name, ident = first.locator(".live-device-name").inner_text(), first.get_attribute("data-id")
    page.evaluate(f"() => {{ location.hash = '#device={ident}'; }}")
    expect(page.locator("#d-name")).to_have_text(name)
    page.wait_for_function("() => window.allconnectsMap.map.getZoom() >= 12 && !window.allconnectsMap.map.isMoving()")
    page.wait_for_function(
        "() => window.allconnectsMap.map.queryRenderedFeatures({ layers: ['fleet-line'] }).length > 0",
    )
    page.locator("#back").click()
    page.wait_for_function(f"() => ({DRAWN})()[{ident}]")
    spot = page.evaluate(
        f"() => {{ const p = window.allconnectsMap.map.project(({DRAWN})()[{ident}]);"
        "const box = document.getElementById('map').getBoundingClientRect(); return [p.x + box.x, p.y + box.y]; }"
    )
    page.mouse.click(*spot)
    expect(page.locator("#panel-details")).to_be_visible()


def test_filters_show_their_counts_and_filter(open_page: Open) -> None:
    page = ready(open_page("/map/"))
    chip = page.locator(".live-chip[data-kind=phone]")
    count = int(chip.locator("[data-count]").inner_text())
    assert count > 0
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".live-device")).to_have_count(count)


def test_follow_keeps_the_device_in_the_middle(open_page: Open) -> None:
    page = ready(open_page("/map/"))
    page.locator(".live-chip[data-state=moving]").click()
    page.locator(".live-device").first.click()
    page.locator("#follow").click()
    expect(page.locator("#follow")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(4000)
    page.wait_for_function(
        """() => {
          const { map, fleet } = window.allconnectsMap;
          const device = fleet.devices.get(Number(location.hash.split('=')[1]));
          const p = map.project([device.at.lon, device.at.lat]);
          const box = map.getContainer();
          return Math.hypot(p.x - box.clientWidth / 2, p.y - box.clientHeight / 2) < 150;
        }"""
    )


def test_a_lost_connection_is_said_and_mended(open_page: Open) -> None:
    page = open_page("/map/", watched=False)  # an aborted request is an error in the console, and meant here
    page.route("**/map/stream*", lambda route: route.abort())
    page.reload()
    expect(page.locator("#notice")).to_have_text("Connection lost, trying again…")
    page.unroute("**/map/stream*")
    expect(page.locator("#notice")).to_be_hidden()


def test_dark_mode_follows_the_device_and_the_choice(open_page: Open) -> None:
    page = ready(open_page("/map/", color_scheme="dark"))
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert page.evaluate("window.allconnectsMap.map.getStyle().name") == "allconnects dark"
    page.get_by_label("Appearance").click()
    page.get_by_role("button", name="Light", exact=True).click()
    page.wait_for_function("() => window.allconnectsMap.map.getStyle()?.name === 'allconnects light'")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "light"


@pytest.mark.parametrize(
    ("locale", "heading", "state"),
    [("nl", "Kaart", "Onderweg"), ("fr", "Carte", "En route"), ("de", "Karte", "Unterwegs"), ("en", "Map", "Moving")],
)
def test_the_page_speaks_four_languages(open_page: Open, locale: str, heading: str, state: str) -> None:
    page = ready(open_page("/map/", locale=locale))
    assert page.evaluate("document.documentElement.lang") == locale
    assert page.title().startswith(heading)
    expect(page.locator(".live-device-sub", has_text=state).first).to_be_visible()


def test_it_works_with_a_thumb(open_page: Open) -> None:
    page = ready(open_page("/map/", **PHONE))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".live-device").first.tap()
    expect(page.locator("#panel-details")).to_be_visible()
    handle = page.locator("#handle")
    before = page.locator("#sheet").bounding_box()
    assert before is not None
    handle.tap()
    page.wait_for_function("(low) => document.getElementById('sheet').offsetHeight > low + 20", arg=before["height"])


def test_five_thousand_devices_stay_light(open_page: Open) -> None:
    page = ready(open_page("/map/"))
    spent = page.evaluate(
        """async () => {
          const { map, fleet, view, list } = window.allconnectsMap;
          let t = 0;
          const quickest = async (count) => {
            const ids = [...Array(count).keys()].map((n) => 100000 + n);
            fleet.setDevices(ids.map((id) => (
              { id, name: `Truck ${id}`, kind: 'vehicle', state: 'moving', last_report: null })));
            const draws = [], lists = [];
            for (let i = 0; i < 12; i++) {
              t += 1000;
              fleet.applyAll(ids.map((id) =>
                [id, 50 + (id % 70) / 50 + t / 1e6, 3 + Math.floor(id / 70) % 71 / 25, 50, id % 360, 2, t]),
                performance.now());
              let began = performance.now();
              view.overlay.dirty = true;
              view.overlay.draw(began);
              draws.push(performance.now() - began);
              began = performance.now();
              list.draw();
              lists.push(performance.now() - began);
              await new Promise((done) => setTimeout(done, 100));
            }
            return { draw: Math.min(...draws), list: Math.min(...lists) };
          };
          const few = await quickest(1000), many = await quickest(5000);
          return { few, many, rows: document.querySelectorAll('.live-device').length };
        }"""
    )
    assert spent["rows"] == 200
    # What grows with the square of the devices would need 25 times as long.
    assert spent["many"]["draw"] < 15 * max(spent["few"]["draw"], 1), spent
    assert spent["many"]["list"] < 15 * max(spent["few"]["list"], 1), spent


def test_symbols_that_would_lie_on_each_other_are_one_group_that_opens(open_page: Open) -> None:
    page = ready(open_page("/map/"))
    found = page.evaluate(
        """async () => {
          const { grouped } = await import('/static/live/groups.js');
          const device = (id, x, y) => ({ id, x, y, state: 'moving' });
          const near = [1, 2, 3, 4].map((id) => device(id, 0.5 + id / 1e6, 0.5));
          const { groups, alone } = grouped([...near, device(9, 0.6, 0.5)], 100000);
          return { sizes: groups.map((g) => g.members.length), alone: alone.map((d) => d.id) };
        }"""
    )
    assert found == {"sizes": [4], "alone": [9]}
    page.evaluate("() => window.allconnectsMap.map.jumpTo({ center: [4.45, 50.85], zoom: 5 })")
    page.wait_for_function("() => window.allconnectsMap.view.overlay.groups.length > 0")
    spot = page.evaluate(
        """() => { const o = window.allconnectsMap.view.overlay, { left, top } = o.camera();
          const box = document.getElementById('map').getBoundingClientRect();
          return [(left + o.groups[0].x) / o.ratio + box.x, (top + o.groups[0].y) / o.ratio + box.y]; }"""
    )
    page.mouse.click(*spot)
    page.wait_for_function("() => window.allconnectsMap.map.getZoom() > 5.6")
