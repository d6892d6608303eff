"""What a payroll clerk does in a day, from signing in, wide and on a phone; after the planner."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from allconnects.kit.clock import BRUSSELS
from tests.e2e.days import both, choose, go, look, narrow, patiently, today

pytestmark = pytest.mark.e2e


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
