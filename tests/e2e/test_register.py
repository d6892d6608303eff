"""The register on a wide screen and on a phone: entered, found, changed for many, sent in as a file, scanned."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_pages import _serious

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
PATIENCE_MS = 90_000
PHONE = {"width": 390, "height": 844}
PAGES = ["vehicles", "materials", "people", "teams", "employers", "inbox", "documents", "missing", "vehicles/import"]


@pytest.mark.parametrize("viewport", [{"width": 1400, "height": 900}, PHONE], ids=["wide", "phone"])
def test_a_vehicle_is_entered_found_and_changed(open_page: Open, viewport: dict[str, int]) -> None:
    page = open_page("/register/vehicles/add/", viewport=viewport)
    name = f"Van {secrets.token_hex(4)}"
    page.get_by_label("Name").fill(name)
    page.get_by_label("Groups").fill("north, crane")
    page.get_by_label("Odometer (km)").fill("12000")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_contain_text(name)
    expect(page.locator("main")).to_contain_text("Odometer")
    page.goto(re.sub(r"/register/.*", "/register/vehicles/", page.url))
    page.get_by_label("Search", exact=True).fill(name)
    page.get_by_label("Search", exact=True).press("Enter")
    expect(page.locator("#register-table tbody tr")).to_have_count(1)
    page.get_by_label(f"Tick {name}").check()
    page.get_by_label("What to do with them").select_option("groups+")
    page.get_by_label("Add to group").fill("south")
    page.get_by_role("button", name="Change all ticked").click()
    expect(page.locator("main")).to_contain_text("1 row is changed.")
    expect(page.locator("#register-table")).to_contain_text("south")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_a_file_is_looked_through_before_it_changes_anything(open_page: Open) -> None:
    page = open_page("/register/materials/import/")
    name = f"Drill {secrets.token_hex(4)}"
    rows = f"name;category;hours\n{name};tool;12,5\n{name} two;tool;3\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "drills.csv", "mimeType": "text/csv", "buffer": rows.replace("12,5", "x").encode()}
    )
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("main")).to_contain_text("Row 2")
    expect(page.get_by_role("button", name="Apply all")).to_be_disabled()
    page.get_by_role("button", name="Drop it").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "drills.csv", "mimeType": "text/csv", "buffer": rows.replace("12,5", "12.5").encode()}
    )
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Apply all").click()
    expect(page.locator("main")).to_contain_text("2 new")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("h1")).to_contain_text(name)
    page.get_by_role("link", name="Label").click()
    address = page.locator("#address").inner_text()
    page.set_viewport_size(PHONE)
    page.goto(re.sub(r"^https?://[^/]+", "", address) and address)
    page.get_by_label("Where do you leave it?").fill("Depot")
    page.get_by_role("button", name="It stays here").click()
    expect(page.locator("main")).to_contain_text("Depot")


def test_a_large_file_is_worked_on_in_the_background_and_the_page_tells(open_page: Open) -> None:
    """The page comes to its next state by itself, and is found again. Nothing stays: others count on short lists."""
    page = open_page("/register/materials/import/", viewport=PHONE)
    name = f"Bolt {secrets.token_hex(4)}"
    rows = "name;category\n" + "".join(f"{name} {number};tool\n" for number in range(600))
    page.locator("input[type=file]").set_input_files(
        {"name": "bolts.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("button", name="Apply all")).to_be_enabled(timeout=PATIENCE_MS)
    expect(page.locator("main")).to_contain_text("600 new")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.goto(re.sub(r"import/.*", "import/", page.url))
    page.get_by_role("link", name="bolts.csv").click()
    page.get_by_role("button", name="Drop it").click()
    expect(page.get_by_role("link", name="bolts.csv")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_serious_for_axe_and_no_scrolling_sideways(open_page: Open, path: str, scheme: str) -> None:
    page = open_page(f"/register/{path}/", color_scheme=scheme)
    assert _serious(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
