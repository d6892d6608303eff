"""What a fleet manager, a site planner and a payroll clerk do in a day, from signing in, wide and on a phone."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from tests.e2e.conftest import Platform

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
WIDE: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
both = pytest.mark.parametrize("options", [WIDE, PHONE], ids=["wide", "phone"])
PATIENCE_S = 240
"""The worker may still be at the two weeks before a demo that has just begun."""
MAP = "() => window.allconnectsMap && document.querySelector('.live-device')"


@pytest.fixture
def begin(open_page: Open, platform: Platform) -> Callable[..., Page]:
    """``begin(role, options)``: somebody signs in by the form, as in the morning."""

    def make(role: str, options: dict[str, Any]) -> Page:
        page = open_page("/accounts/login/", stranger=True, **options)
        page.fill("input[name=login]", platform.account.replace("owner", role, 1))
        page.fill("input[name=password]", platform.password)
        page.press("input[name=password]", "Enter")
        return page

    return make


def look(page: Page) -> None:
    """Nothing serious for assistive technology, nothing that has to be scrolled sideways."""
    assert page.viewport_size is not None
    page.wait_for_load_state("domcontentloaded")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url
    found = Axe().run(page).response["violations"]
    serious = [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found
               if one["impact"] in ("serious", "critical")]  # fmt: skip
    assert serious == [], page.url


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
    question = page.locator("#inbox li", has_text="Jan Testman")
    expect(question).to_be_visible(timeout=60_000)
    look(page)
    begun = clock.now().astimezone(BRUSSELS) - timedelta(hours=1)
    question.get_by_label("It ended at").fill(begun.strftime("%Y-%m-%dT%H:%M"))
    with page.expect_response("**/manager/act", timeout=60_000) as answer:
        question.get_by_role("button", name="It ended then").tap()
    assert answer.value.status == 201, answer.value.text()
    expect(page.locator("#inbox li", has_text="Jan Testman")).to_have_count(0)
    page.locator("[data-tab=trips]").tap()
    expect(page.locator("#trips li", has=page.locator("summary")).first).to_be_visible(timeout=60_000)
    look(page)


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


@both
def test_a_payroll_clerks_day(begin: Callable[..., Page], options: dict[str, Any], tmp_path: Any) -> None:
    page = begin("manager", options)
    page.wait_for_url("**/map/**")
    person = "Noor Fictief" if narrow(page) else "Lotte Demo"
    hours_at_sites(page, tmp_path / "hours.xlsx")
    send_it_every_month(page)
    say_who_drove(page, person)
    approve_a_month(page, person)


def working_day() -> date:
    """Of the two weeks that the demo tells, one on which nobody is known to have driven Van 08."""
    days = [today() - timedelta(days=back) for back in range(14, 0, -1)]
    return [day for day in days if day.weekday() < 5][-4]


def hours_at_sites(page: Page, target: Any) -> None:
    """What the page says is what the file says."""
    go(page, "Reports")
    page.get_by_role("heading", name="Hours at sites", exact=True).click()
    look(page)
    page.get_by_label("What is it for?").select_option("payroll")
    page.get_by_label("Period").select_option("days")
    page.get_by_label("First day").fill((today() - timedelta(days=13)).isoformat())
    page.get_by_label("Last day").fill((today() - timedelta(days=1)).isoformat())
    page.get_by_label("Grouped by").select_option("")
    page.get_by_role("button", name="Show").click()
    patiently(page, page.locator("#result", has_text=re.compile(r"^[1-9]\d* lines?$")))
    patiently(page, page.locator("tbody", has_text="Dries Voorbeeld"))
    look(page)
    lines = int(re.sub(r"\D", "", page.locator("#result").inner_text()))
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link", name="XLSX").click()
    download.value.save_as(target)
    rows = [row for row in openpyxl.load_workbook(target).worksheets[0].iter_rows(values_only=True) if any(row)]
    person, hours, day = (rows[0].index(title) for title in ("Person", "Hours of people (h:mm)", "Day"))
    told = [row for row in rows[1:] if row[day]]
    assert len(told) == lines
    assert any(row[person] == "Dries Voorbeeld" and row[hours] >= timedelta(hours=1) for row in told)


def send_it_every_month(page: Page) -> None:
    """The same to herself and the owner on the first of each month; then it rests."""
    title = f"Hours {secrets.token_hex(3)}"
    page.get_by_role("link", name="Send regularly").click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("File", exact=True).select_option("xlsx")
    page.get_by_label("How often").select_option("monthly")
    page.get_by_label(re.compile("Demo owner")).check()
    look(page)
    page.get_by_role("button", name="Save").click()
    card = page.locator("section", has=page.get_by_role("heading", name=title))
    expect(card).to_contain_text("2 receivers")
    expect(card).to_contain_text("Next:")
    look(page)
    card.get_by_role("button", name="Pause").click()
    expect(page.locator("section", has=page.get_by_role("heading", name=title))).to_contain_text("paused")


def month_of(page: Page, day: date) -> None:
    """The page of the month that a day lies in; it opens with the month that is to be approved."""
    go(page, "Reports")
    page.get_by_role("link", name=re.compile("Month for payroll")).click()
    title = page.locator("a[aria-label='Month before'] + span")
    shown = datetime.strptime(title.inner_text(), "%B %Y").replace(tzinfo=BRUSSELS)
    steps = (day.year - shown.year) * 12 + day.month - shown.month
    for _ in range(abs(steps)):
        page.get_by_role("link", name="Month after" if steps > 0 else "Month before").click()
    expect(title).to_have_text(f"{day:%B %Y}")


def say_who_drove(page: Page, person: str) -> None:
    """A van drove a whole day without a driver: nobody would be paid for it, until somebody says who it was."""
    day = working_day()
    month_of(page, day)
    look(page)
    row = page.locator("#payroll-table tr", has_text=person)
    expect(row).to_be_visible()
    go(page, "Register")
    page.get_by_role("link", name="Van 08", exact=True).first.click()
    page.get_by_text("Correct or plan").click()
    choose(page.get_by_label("Person", exact=True), person)
    morning = narrow(page)
    page.get_by_label("From", exact=True).fill(f"{day}T{'06' if morning else '14'}:00")
    page.get_by_label("Until (empty: further notice)").fill(f"{day}T{'13' if morning else '20'}:00")
    page.get_by_label("Reason").fill("Forgot the badge")
    page.locator("section", has=page.locator("#stays")).get_by_role("button", name="Save").click()
    month_of(page, day)
    page.get_by_role("link", name=person).click()
    driven = page.locator("tbody tr", has_text=f"{day:%d/%m}").locator("td").nth(3)
    patiently(page, driven.filter(has_text=re.compile("[1-9]")))
    look(page)


def approve_a_month(page: Page, person: str) -> None:
    """A month that is over is approved by name, and can be opened again."""
    month_of(page, today().replace(day=1) - timedelta(days=1))
    look(page)
    page.get_by_role("link", name=person).click()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#state")).to_have_text("Approved")
    page.get_by_role("link", name="Everybody").click()
    expect(page.locator("tr", has_text=person)).to_contain_text("Approved")
    page.get_by_role("link", name=person).click()
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
