"""History as somebody uses it: a file comes in, its days have trips, a day is replayed and corrected."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from allconnects.kit.clock import BRUSSELS
from tests.e2e.browser import closed, opened
from tests.e2e.conftest import Platform

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
READY = "() => document.documentElement.dataset.day === 'ready'"
YESTERDAY = datetime.now(BRUSSELS).date() - timedelta(days=1)
GHENT, AALST, BRUSSELS_CITY = (51.0536, 3.7304), (50.9378, 4.0397), (50.8466, 4.3528)


def moment(hour: int, minute: int) -> datetime:
    return datetime(YESTERDAY.year, YESTERDAY.month, YESTERDAY.day, hour, minute, tzinfo=BRUSSELS).astimezone(UTC)


def drive(begin: datetime, minutes: int, start: tuple[float, float], end: tuple[float, float]) -> Iterator[str]:
    count = minutes * 6
    for number in range(count + 1):
        part = number / count
        lat, lon = (a + (b - a) * part for a, b in zip(start, end, strict=True))
        speed = 12 + 70 * math.sin(math.pi * part)
        yield f"{(begin + timedelta(seconds=10 * number)).isoformat()},{lat:.6f},{lon:.6f},{speed:.1f},on"


def stand(begin: datetime, minutes: int, place: tuple[float, float]) -> Iterator[str]:
    for number in range(0, minutes, 4):
        yield f"{(begin + timedelta(minutes=number)).isoformat()},{place[0]},{place[1]},0,off"


def day_file() -> str:
    """Ghent to Aalst at seven, to Brussels at ten, back at four."""
    rows = [
        *stand(moment(6, 0), 58, GHENT), *drive(moment(7, 0), 40, GHENT, AALST), *stand(moment(7, 42), 136, AALST),
        *drive(moment(10, 0), 30, AALST, BRUSSELS_CITY), *stand(moment(10, 32), 326, BRUSSELS_CITY),
        *drive(moment(16, 0), 60, BRUSSELS_CITY, GHENT), *stand(moment(17, 2), 120, GHENT),
    ]  # fmt: skip
    return "\n".join(["time,lat,lon,speed_kmh,ignition", *rows])


@pytest.fixture(scope="module")
def van(chromium: Browser, platform: Platform, signed_in: StorageState, tmp_path_factory: Any) -> str:
    """The id of a device whose yesterday came out of a file, by the page, and whose trips are found."""
    file: Path = tmp_path_factory.mktemp("history") / "yesterday.csv"
    file.write_text(day_file() + "\nnever,50,4,1,on")
    context = opened(chromium, storage_state=signed_in, locale="en")
    page = context.new_page()
    page.goto(platform.url + "/devices/add/")
    page.get_by_label("Identifier").fill(f"97{secrets.randbelow(10**13):013d}")
    page.get_by_label("Name").fill("Van of yesterday")
    page.locator("main form").get_by_role("button", name="Add").click()
    page.wait_for_url(re.compile(r"/devices/\d+/"))
    device = re.search(r"/devices/(\d+)/", page.url)
    assert device is not None
    page.goto(f"{platform.url}/trips/import/?device={device[1]}")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".import-problems tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("#working")).to_have_attribute("data-stage", "done")
    for _ in range(300):
        page.goto(f"{platform.url}/trips/device/{device[1]}/?day={YESTERDAY}")
        if page.locator(".day-trip").count() >= 3:
            break
        page.wait_for_timeout(1000)
    closed(context)
    return device[1]


def at_day(open_page: Open, van: str, day: date = YESTERDAY, **options: Any) -> Page:
    page = open_page(f"/trips/device/{van}/?day={day}", **options)
    page.wait_for_function(READY)
    return page


def test_a_day_shows_its_trips_stops_and_why(open_page: Open, van: str) -> None:
    page = at_day(open_page, van)
    expect(page.locator(".day-trip")).to_have_count(3)
    first = page.locator(".day-trip").first
    expect(first.locator(".day-times")).to_have_text(re.compile(r"0[67]:\d\d – 07:\d\d"))
    first.locator("summary").click()
    expect(first.locator(".day-why")).to_contain_text("ignition went off")
    expect(page.locator("#timeline .bar-trip")).to_have_count(3)
    page.wait_for_function(
        "() => window.allconnectsDay.map.queryRenderedFeatures({ layers: ['day-speed'] }).length > 0",
    )
    expect(page.locator("#chart canvas")).to_be_visible()


def test_the_replay_plays_stops_and_is_moved_by_keyboard(open_page: Open, van: str) -> None:
    page = at_day(open_page, van)
    before = page.locator("#now").inner_text()
    assert before.startswith(("06:5", "07:0"))
    page.locator("body").press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#now")).not_to_have_text(before)
    page.locator("body").press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")
    # How far it came depends on the machine: what follows begins within the first trip.
    page.evaluate("() => { const r = window.allconnectsDay.replay; r.to(r.trips[0][0] + 300000); }")
    expect(page.locator("#here")).to_have_text(re.compile(r"\d+ km/h"))
    page.locator("body").press("n")
    expect(page.locator("#now")).to_have_text(re.compile(r"^(09:5|10:0)"))
    expect(page.locator(".day-entry.current .day-times")).to_have_text(re.compile("^(09:5|10:0)"))
    page.locator("#scrub").press("ArrowRight")
    expect(page.locator("#now")).to_have_text(re.compile(r"^10:0[01]"))
    page.locator("body").press("+")
    expect(page.locator("#pace")).to_have_value("120")


def test_stops_are_skipped_and_the_replay_ends(open_page: Open, van: str) -> None:
    page = at_day(open_page, van)
    page.evaluate("() => { const r = window.allconnectsDay.replay; r.to(r.trips[0][1] - 20000); r.toggle(); }")
    expect(page.locator("#now")).to_have_text(re.compile(r"^(09:5|10:[0-2])"))
    page.evaluate("() => { const r = window.allconnectsDay.replay; r.to(r.trips[2][1] - 20000); }")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")


def test_days_are_changed_by_arrows(open_page: Open, van: str) -> None:
    page = at_day(open_page, van)
    page.locator("body").press("ArrowLeft")
    page.wait_for_url(f"**day={YESTERDAY - timedelta(days=1)}")
    expect(page.get_by_text("No trips on this day")).to_be_visible()
    page.wait_for_function(READY)
    page.locator("body").press("ArrowRight")
    page.wait_for_url(f"**day={YESTERDAY}")


def test_a_trip_is_corrected_joined_divided_and_all_is_taken_back(open_page: Open, van: str) -> None:
    page = at_day(open_page, van)
    trip = page.locator(".day-trip").first
    trip.get_by_role("button", name="Correct this trip").click()
    page.get_by_role("button", name="Correct…").click()
    dialog = page.locator("#dialog-correct")
    dialog.get_by_label("From").fill("Depot")
    dialog.get_by_label("Distance").fill("31,5")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_visible()  # without a reason nothing is sent
    dialog.get_by_label("Reason").fill("Detour by the quarry")
    send(page, dialog.get_by_role("button", name="Save"))
    trip = page.locator(".day-trip").first
    expect(trip).to_contain_text("Depot")
    expect(trip.locator(".day-measures b")).to_contain_text("31.5")
    expect(trip.locator(".day-measures s")).to_have_count(1)
    expect(page.locator(".day-corrections")).to_contain_text("Detour by the quarry")
    take_back(page)
    expect(page.locator(".day-trip").first).not_to_contain_text("Depot")

    page.locator(".day-trip").first.get_by_role("button", name="Correct this trip").click()
    page.get_by_role("button", name="Join with the next trip").click()
    page.locator("#dialog-merge").get_by_label("Reason").fill("One round")
    send(page, page.locator("#dialog-merge").get_by_role("button", name="Join"))
    expect(page.locator(".day-trip")).to_have_count(2)
    take_back(page)
    expect(page.locator(".day-trip")).to_have_count(3)

    page.evaluate("() => { const r = window.allconnectsDay.replay; r.to(r.trips[0][0] + 1200000); }")
    page.locator(".day-trip").first.get_by_role("button", name="Correct this trip").click()
    page.get_by_role("button", name="Divide where the replay is").click()
    page.locator("#dialog-split").get_by_label("Reason").fill("Two customers")
    send(page, page.locator("#dialog-split").get_by_role("button", name="Divide"))
    expect(page.locator(".day-trip")).to_have_count(4)
    take_back(page)
    expect(page.locator(".day-trip")).to_have_count(3)


def take_back(page: Page) -> None:
    page.get_by_role("button", name="Take back").first.click()
    page.locator("#dialog-undo").get_by_label("Reason").fill("A mistake")
    send(page, page.locator("#dialog-undo").get_by_role("button", name="Take back"))


def send(page: Page, button: Locator) -> None:
    """Press it and wait until the day is there anew."""
    with page.expect_navigation():
        button.click()
    page.wait_for_function(READY)


def test_the_month_leads_to_the_calendar_and_the_day(open_page: Open, van: str) -> None:
    page = open_page(f"/trips/?month={YESTERDAY:%Y-%m}&q=yesterday")
    page.get_by_role("link", name="Van of yesterday").click()
    cell = page.locator(f".month-grid a[href$='day={YESTERDAY}']")
    expect(cell).to_contain_text("km")
    cell.click()
    page.wait_for_function(READY)
    expect(page.locator("h1")).to_have_text("Van of yesterday")


def test_files_of_trips_can_be_had(open_page: Open, van: str) -> None:
    page = open_page(f"/trips/?month={YESTERDAY:%Y-%m}")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as found:
        page.get_by_role("link", name="Excel").click()
    assert found.value.suggested_filename == f"trips-{YESTERDAY:%Y-%m}.xlsx"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_nothing_serious_for_axe_and_no_scrolling_sideways(
    open_page: Open, van: str, options: dict[str, Any], scheme: str
) -> None:
    day = at_day(open_page, van, color_scheme=scheme, **options)
    pages = [day]
    for path in (f"/trips/?month={YESTERDAY:%Y-%m}", f"/trips/device/{van}/calendar/", "/trips/import/"):
        pages.append(open_page(path, color_scheme=scheme, **options))
    for page in pages:
        width = page.viewport_size
        assert width is not None
        assert page.evaluate("document.documentElement.scrollWidth") <= width["width"], page.url
        assert serious(page) == [], page.url


def serious(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]][:3])
        for one in found if one["impact"] in ("serious", "critical")
    ]  # fmt: skip
