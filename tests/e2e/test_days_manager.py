"""What a fleet manager does in a day, from signing in, wide and on a phone."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from tests.e2e.browser import becomes
from tests.e2e.days import (
    MAP,
    PATIENCE_S,
    PHONE,
    both,
    choose,
    go,
    look,
    narrow,
    patiently,
    today,
    trips_of_some_day,
)

Open = Callable[..., Page]

pytestmark = pytest.mark.e2e


@both
def test_a_fleet_managers_day(begin: Callable[..., Page], open_page: Open, options: dict[str, Any]) -> None:
    page = begin("manager", options)
    on_the_map(page)
    page = share_what_is_on_the_map(page, open_page)
    go(page, "Overview")
    expect(page.locator("#moving")).not_to_have_text("0")
    page.get_by_role("link", name=re.compile("Alerts: Warning")).click()
    handle_an_alert(page)
    renew_a_document(page)
    write_to_the_driver(page)
    if narrow(page):
        decide_on_the_phone(page)
    else:
        decide_whose_badge_it_was(page)


def on_the_map(page: Page) -> None:
    """Finds a vehicle and its line of today, and who is nearest to an address."""
    page.wait_for_url("**/map/**")
    page.wait_for_function(MAP, timeout=60_000)
    look(page)
    page.locator("#nearest-open").click()
    page.locator("#place-search").fill("2550")
    expect(page.locator("#place-hits [role=option]").first).to_contain_text("Kontich")
    page.locator("#place-search").press("Enter")
    expect(page.locator("#nearest-list li").first).to_contain_text(re.compile(r"\d km.*about \d+ (min|h)", re.DOTALL))
    page.locator("#nearest-close").click()
    page.locator("#search").fill("Van 04")
    page.locator(".live-device", has_text="Van 04").click()
    expect(page.locator("#d-name")).to_have_text("Van 04")
    expect(page.locator("#d-track")).to_contain_text("km", timeout=60_000)
    look(page)


def share_what_is_on_the_map(page: Page, open_page: Open) -> Page:
    """A customer sees one vehicle by a link, until the link is ended."""
    title = f"Delivery {secrets.token_hex(3)}"
    page.locator("#d-share").click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Show names too").check()
    look(page)
    page.get_by_role("button", name="Make the link").click()
    path = "/s/" + page.locator("#address").inner_text().split("/s/")[1]
    stranger = open_page(path, stranger=True, watched=False, **PHONE)
    stranger.wait_for_function("() => window.allconnectsShare?.fleet.devices.size === 1", timeout=60_000)
    expect(stranger.locator("#shared")).to_contain_text("Van 04")
    look(stranger)
    row = page.locator("li", has_text=title)
    row.get_by_role("button", name="End").click()
    expect(page.locator("li", has_text=title)).to_contain_text("Ended by you")
    expect(stranger.locator("#notice")).to_have_text("This link has ended.", timeout=60_000)
    return page


def handle_an_alert(page: Page) -> None:
    """Takes on what the rule on papers found, and closes it."""
    expect(page.get_by_label("Severity")).to_have_value("warning")
    page.get_by_role("searchbox", name="Search").fill("Paper runs out")
    page.get_by_role("searchbox", name="Search").press("Enter")
    page.wait_for_url("**q=Paper**")
    papers = page.locator(".alerts-row", has_text="Paper runs out").filter(has_not_text="Acknowledged")
    patiently(page, papers)
    look(page)
    row = papers.first
    row.get_by_role("link").first.click()
    address = page.url
    look(page)
    page.get_by_label("Note (optional)").fill("The garage is called")
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    history = page.locator("section", has=page.locator("#history"))
    expect(history.locator("li", has_text="Acknowledged")).to_contain_text("The garage is called")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    page.get_by_role("link", name="Inbox").click()
    here = re.sub(r"^https?://[^/]+", "", address)
    expect(page.locator(f".alerts-row a[href='{here}']")).to_have_count(0)


def renew_a_document(page: Page) -> None:
    """Sees what runs out, enters the new paper and puts the old one away."""
    go(page, "Register")
    page.get_by_role("link", name="Documents", exact=True).click()
    look(page)
    rows = page.locator("tbody tr", has=page.locator("a[href*='/vehicles/'], a[href*='/materials/']"))
    row = rows.first
    of, kind = row.locator("td").nth(0).inner_text(), row.locator("td").nth(1).inner_text()
    row.get_by_role("link").click()
    card = page.locator("section", has=page.locator("#documents"))
    old = card.locator("li", has_text=kind.split(" DEMO-")[0]).first
    name = old.locator(".fw-medium").inner_text()
    card.get_by_text("Enter a document").click()
    card.get_by_label("Kind").select_option(label=name)
    number = f"NEW-{secrets.token_hex(3).upper()}"
    card.get_by_label("Number").fill(number)
    card.get_by_label("Last day of validity").fill((today() + timedelta(days=365)).isoformat())
    card.get_by_role("button", name="Enter", exact=True).click()
    expect(page.locator("section", has=page.locator("#documents"))).to_contain_text(number)
    look(page)
    left = page.locator("section", has=page.locator("#documents")).locator("li", has_text="DEMO-").first
    left.get_by_role("button", name=re.compile("^Put away")).click()
    page.get_by_role("link", name="Documents", exact=True).click()
    expect(page.locator("tbody tr", has_text=of).filter(has_text=kind)).to_have_count(0)


def write_to_the_driver(page: Page) -> None:
    go(page, "Messages")
    page.get_by_role("link", name=re.compile("Demo driver")).click()
    text = f"Gate {secrets.token_hex(3)} is open"
    page.get_by_label("Message", exact=True).fill(text)
    look(page)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#thread")).to_contain_text(text)


def decide_whose_badge_it_was(page: Page) -> None:
    """Somebody drove with a badge that nobody has: the manager knows whose it is."""
    go(page, "Register")
    page.get_by_role("link", name=re.compile("^Inbox")).click()
    look(page)
    question = page.locator("form.card", has_text="A badge that ends in 9999")
    choose(question.get_by_label("Person"), "Marie Exemple")
    question.get_by_role("button", name="The badge is this person’s").click()
    expect(page.locator("form.card", has_text="A badge that ends in 9999")).to_have_count(0)
    go(page, "Register")
    page.get_by_role("link", name="Van 08", exact=True).first.click()
    expect(page.locator("section", has=page.locator("#stays"))).to_contain_text("Marie Exemple")
    look(page)


def decide_on_the_phone(page: Page) -> None:
    """In FLEET.manager: somebody never badged out; the manager says when it ended."""
    page.goto(re.sub(r"(https?://[^/]+)/.*", r"\1/manager/", page.url))
    page.wait_for_function("() => window.allconnectsManager && window.allconnectsMap", timeout=60_000)
    page.locator("[data-tab=inbox]").tap()
    question = page.locator("#inbox li", has_text="Jan Testman badged into")
    expect(question).to_be_visible(timeout=60_000)
    look(page)
    begun = clock.now().astimezone(BRUSSELS) - timedelta(hours=1)
    question.get_by_label("It ended at").fill(begun.strftime("%Y-%m-%dT%H:%M"))
    with page.expect_response("**/manager/act", timeout=60_000) as answer:
        question.get_by_role("button", name="It ended then").tap()
    assert answer.value.status == 201, answer.value.text()
    expect(page.locator("#inbox li", has_text="Jan Testman badged into")).to_have_count(0)
    assert becomes(page, lambda: trips_of_some_day(page), PATIENCE_S), "a demo that has just begun works its past out"
    look(page)
