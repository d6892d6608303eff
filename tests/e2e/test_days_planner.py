"""What a site planner does in a day, from signing in, wide and on a phone; after the manager."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.days import both, choose, go, look, narrow, patiently, today

pytestmark = pytest.mark.e2e


@both
def test_a_site_planners_day(begin: Callable[..., Page], options: dict[str, Any]) -> None:
    page = begin("planner", options)
    page.wait_for_url("**/map/**")
    who_is_at_a_site(page)
    a_new_site(page)
    a_teams_day(page)
    plan_a_driver(page)
    where_is_the_hammer(page)
    enter_a_service(page)


def who_is_at_a_site(page: Page) -> None:
    """Who was there on which day, and who is there now."""
    go(page, "Places")
    page.get_by_role("link", name="Site Voorbeeldlaan").click()
    expect(page.locator("#here-title")).to_be_visible()
    patiently(page, page.locator("#visits", has_text="Van 01"))
    expect(page.locator("#hours tbody tr").first).to_be_visible()
    look(page)


def a_new_site(page: Page) -> None:
    """Found by its postal code, with a circle around it."""
    name = f"Site {secrets.token_hex(3)}"
    go(page, "Places")
    page.get_by_role("link", name="Add a place").click()
    page.get_by_label("Find an address, town or postal code").fill("2550")
    page.get_by_role("option", name="Kontich").click()
    expect(page.get_by_label("Points")).to_have_value(re.compile(r"^51\.1\d+, 4\.4\d+$"))
    page.get_by_label("Radius (m)").fill("200")
    page.get_by_label("Name").fill(name)
    look(page)
    page.get_by_label("Name").press("Enter")
    expect(page.locator("h1")).to_have_text(name)
    go(page, "Places")
    expect(page.locator("#place-table")).to_contain_text(name)


def a_teams_day(page: Page) -> None:
    go(page, "Trips")
    page.get_by_role("link", name="Teams", exact=True).click()
    look(page)
    page.get_by_role("link", name=re.compile("Team North")).click()
    expect(page.locator(".team-row")).not_to_have_count(0)
    page.get_by_text("As a table").click()
    expect(page.locator("#team-table")).to_contain_text("Dries Voorbeeld")
    look(page)


def plan_a_driver(page: Page) -> None:
    """Says who drives a van tomorrow."""
    person, reason = ("Jan Testman" if narrow(page) else "Sam Sample"), f"Plan {secrets.token_hex(3)}"
    go(page, "Register")
    page.get_by_role("link", name="Van 07", exact=True).first.click()
    page.get_by_text("Correct or plan").click()
    choose(page.get_by_label("Person", exact=True), person)
    page.get_by_label("This is a").select_option("planning")
    begins = today() + timedelta(days=2 if narrow(page) else 1)
    page.get_by_label("From", exact=True).fill(f"{begins}T07:00")
    page.get_by_label("Until (empty: further notice)").fill(f"{begins}T16:00")
    page.get_by_label("Reason").fill(reason)
    look(page)
    page.locator("section", has=page.locator("#stays")).get_by_role("button", name="Save").click()
    planned = page.locator("#stays").locator("xpath=ancestor::section").locator("li", has_text=reason)
    expect(planned).to_contain_text(f"Planning: {person}")


def where_is_the_hammer(page: Page) -> None:
    """Where it is and how that is known; then somebody takes it, by the form, or by its QR code on a phone."""
    go(page, "Register")
    page.get_by_role("link", name="Materials", exact=True).click()
    page.get_by_label("Search", exact=True).fill("Breaker hammer 02")
    page.get_by_label("Search", exact=True).press("Enter")
    look(page)
    page.get_by_role("link", name="Breaker hammer 02", exact=True).click()
    expect(page.locator("#where")).to_be_visible()
    address = page.url
    if narrow(page):
        key = address.rstrip("/").rsplit("/", 1)[1]
        page.goto(re.sub(r"/register/.*", f"/register/materials/{key}/label/", address))
        page.goto(page.locator("#address").inner_text())
        page.get_by_label("Where do you leave it?").fill("Site Demopark, container 3")
        look(page)
        page.get_by_role("button", name="It stays here").click()
        page.goto(address)
        taken = "Site Demopark, container 3"
    else:
        page.get_by_text("Hand over", exact=True).first.click()
        choose(page.get_by_label("To a person"), "Karim Exemple")
        page.get_by_role("button", name="Hand over", exact=True).click()
        taken = "Karim Exemple"
    expect(page.locator("section", has=page.locator("#chain")).locator("li").first).to_contain_text(taken)
    look(page)


def enter_a_service(page: Page) -> None:
    """A service is due; the garage has done it."""
    van = "Van 05" if narrow(page) else "Van 02"
    go(page, "Register")
    page.get_by_role("link", name="Services and checks", exact=True).click()
    look(page)
    page.get_by_role("link", name=van, exact=True).click()
    page.get_by_text("Enter what was done").click()
    page.get_by_label("What", exact=True).select_option(label="Oil and filters")
    page.locator("section", has=page.locator("#care")).get_by_label("Note").fill("Oil changed")
    page.locator("section", has=page.locator("#care")).get_by_role("button", name="Enter", exact=True).click()
    page.get_by_role("link", name="Services and checks", exact=True).click()
    expect(page.get_by_role("link", name=van, exact=True)).to_have_count(0)
