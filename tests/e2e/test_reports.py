"""Reports as people use them: a manager on a wide page and on a phone, a driver in his cab, whoever prepares pay."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Watch, closed, opened
from tests.ports import free_ports
from tests.reports.firm import Firm, at
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.e2e
WEEK = "purpose=dispatch&period=days&from=2026-10-05&to=2026-10-11"
SHOTS = os.environ.get("REPORT_SHOTS", "")


@pytest.fixture(scope="module")
def server(database: None) -> Iterator[str]:
    """The pages alone, over the database of this run."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "allconnects.site.asgi:application", "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, "_ALLCONNECTS_ROLE": "web"}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        assert until(lambda: _answers(url + "/healthz"), 2 * PATIENCE_S)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(url: str) -> bool:
    with suppress(OSError):
        urllib.request.urlopen(url, timeout=PATIENCE_S).close()
        return True
    return False


@pytest.fixture(autouse=True)
def ask_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests make their rows while the browser's loop runs in this thread; nothing of ours runs in that loop."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def firm(owner_connection: psycopg.Connection[Any], organisation: Any) -> Firm:
    """A firm with two vans, two people and a site, for a week of October."""
    made = Firm(owner_connection, organisation.pk)
    ann, bob = made.person("Ann", "Adams"), made.person("Bob", "Brook")
    made.team("Roofs", ann, bob)
    site = made.place("Site North", "S-7")
    for number, driver in enumerate((ann, bob), 1):
        vehicle, device = made.vehicle(f"Van {number}", f"1-ABC-00{number}", co2_g_km=180)
        for day in range(5, 10):
            begin = f"2026-10-{day:02d}"
            made.occupancy(vehicle, driver, at(f"{begin} 06:30"), at(f"{begin} 17:30"))
            made.trip(device, at(f"{begin} 07:00"), at(f"{begin} 07:4{number}"), person=driver, idle_s=240,
                      distance_m=21_500 * number, start="Depot, Gent", to="Site North")  # fmt: skip
            made.visit(device, site, at(f"{begin} 07:4{number}"), at(f"{begin} 16:00"))
            made.stop(device, at(f"{begin} 07:4{number}"), at(f"{begin} 16:00"), driver)
            made.trip(device, at(f"{begin} 16:00"), at(f"{begin} 16:50"), person=driver, distance_m=22_000 * number,
                      start="Site North", to="Depot, Gent")  # fmt: skip
    return made


@pytest.fixture
def open_as(server: str, chromium: Browser, client_of: Callable[..., Client]) -> Iterator[Callable[..., Page]]:
    """``open_as(client, path, **context)``; afterwards every page is asked whether it kept to itself."""
    contexts, watches = [], []

    def make(client: Client, path: str, **options: Any) -> Page:
        options.setdefault("viewport", {"width": 1400, "height": 900})
        context = opened(chromium, locale="en", **options)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server}])
        contexts.append(context)
        page = context.new_page()
        watches.append(Watch(page, server))
        page.goto(server + path)
        return page

    yield make
    for context in contexts:
        closed(context)
    for watch in watches:
        watch.assert_clean()


def shot(page: Page, name: str) -> None:
    """A picture to look at, when somebody asks for it."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def serious(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:150] for node in one["nodes"]]) for one in found
            if one["impact"] in ("serious", "critical")]  # fmt: skip


def test_a_manager_asks_a_report_and_sorts_it(firm: Firm, client_of: Any, open_as: Any) -> None:
    page = open_as(client_of("manager"), "/reports/")
    shot(page, "list")
    page.get_by_role("heading", name="Trips", exact=True).click()
    expect(page.get_by_text("Say what the report is for")).to_be_visible()
    page.get_by_label("What is it for?").select_option("dispatch")
    page.get_by_label("Period").select_option("days")
    page.get_by_label("First day").fill("2026-10-05")
    page.get_by_label("Last day").fill("2026-10-11")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#result")).to_have_text("20 lines")
    expect(page.locator("#chart canvas")).to_be_visible()
    page.get_by_role("button", name="Distance (km)").click()
    page.get_by_role("button", name="Distance (km)").click()
    expect(page.locator("tbody tr").first).to_contain_text("44.0")
    shot(page, "trips")
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename == "trips_2026-10-05_2026-10-11.xlsx"


def test_groups_have_sums_and_a_phone_shows_them(firm: Firm, client_of: Any, open_as: Any) -> None:
    for scheme in ("light", "dark"):
        page = open_as(client_of("planner"), f"/reports/run/use/?{WEEK}&group=vehicle", color_scheme=scheme,
                       viewport={"width": 390, "height": 844})  # fmt: skip
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        expect(page.locator(".report-head")).to_have_count(2)
        shot(page, f"use-phone-{scheme}")
        assert serious(page) == []


PAGES = ["/reports/", f"/reports/run/trips/?{WEEK}&group=person", "/reports/log/", "/reports/hours/", "/reports/head/",
         "/reports/scheduled/", f"/reports/scheduled/new/?report=trips&{WEEK}", "/reports/payroll/?month=2026-10",
         "/reports/logbook/?month=2026-10"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_readable_wide_dark_and_on_a_phone(firm: Firm, client_of: Any, open_as: Any, path: str) -> None:
    client = client_of("manager")
    for scheme, width in (("light", 1400), ("dark", 390)):
        page = open_as(client, path, color_scheme=scheme, viewport={"width": width, "height": 844})
        shot(page, f"{path.strip('/').split('?')[0].replace('/', '-')}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious(page) == []


def test_whoever_prepares_pay_approves_a_month(firm: Firm, client_of: Any, open_as: Any) -> None:
    page = open_as(client_of("manager"), "/reports/payroll/?month=2026-10")
    page.get_by_role("link", name="Ann Adams").click()
    shot(page, "payroll-person")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#state")).to_have_text("Approved")
    page.get_by_role("link", name="Everybody").click()
    expect(page.locator("tr", has_text="Ann Adams")).to_contain_text("Approved")


def test_a_driver_says_what_his_trips_were(
    firm: Firm, account_of: Any, open_as: Any, owner_connection: psycopg.Connection[Any]
) -> None:
    account = account_of("driver")
    driver = firm.person("Dirk", "Driver", account.pk)
    _vehicle, device = firm.vehicle("Car", "1-XYZ-009")
    from datetime import UTC, datetime, timedelta

    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    firm.trip(device, begin, begin + timedelta(minutes=40), person=driver, to="Somewhere")
    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    page = open_as(client, "/my/trips/", viewport={"width": 390, "height": 844})
    shot(page, "mine")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(page) == []
    page.locator("input[name=trips]").first.check()
    page.get_by_role("button", name="Home to work").click()
    expect(page.locator("li", has_text="Somewhere")).to_contain_text("Home to work")
    expect(page.locator("li", has_text="Somewhere")).to_contain_text("Driver")


def test_a_month_of_a_vehicle_is_closed_and_corrected(firm: Firm, client_of: Any, open_as: Any) -> None:
    page = open_as(client_of("manager"), "/reports/logbook/?month=2026-10")
    page.get_by_role("link", name="Van 1").click()
    shot(page, "logbook-open")
    page.get_by_text("Close the month").click()
    page.get_by_role("button", name="Yes, close it for good").click()
    expect(page.get_by_text("was checked just now and is whole")).to_be_visible()
    row = page.locator("tbody tr").first
    row.get_by_text("Correct", exact=True).click()
    row.get_by_label("Use").select_option("commute")
    row.get_by_label("Reason").fill("It was the way to work")
    row.get_by_role("button", name="Append a correction").click()
    expect(page.locator("tbody tr").first).to_contain_text("It was the way to work")
    shot(page, "logbook-closed")
