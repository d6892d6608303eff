"""Pages beside the map: devices from adding to deleting, and what assistive technology finds."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Platform
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


def test_a_device_is_added_renamed_and_deleted(open_page: Open) -> None:
    page = open_page("/devices/add/")
    identifier = "99" + "".join(secrets.choice("0123456789") for _ in range(13))
    page.get_by_label("Identifier").fill(identifier)
    page.get_by_label("Name").fill("Crane south")
    page.get_by_label("Kind").select_option("material")
    page.locator("main form").get_by_role("button", name="Add").click()
    expect(page.locator("h1")).to_have_text("Crane south")
    page.get_by_label("Name").fill("Crane west")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Crane west")
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete device and history").click()
    expect(page).to_have_url(re.compile(r"/devices/$"))
    expect(page.locator("#device-table")).not_to_contain_text(identifier)


def test_a_device_that_calls_is_accepted(open_page: Open, platform: Platform) -> None:
    identifier = "98" + "".join(secrets.choice("0123456789") for _ in range(13))
    assert _log_in(platform.teltonika, identifier) == b"\0"
    page = open_page("/devices/")
    waiting = page.locator("#unknown li", has_text=identifier)
    assert until(lambda: page.reload() is not None and waiting.count() == 1)
    waiting.get_by_label("Name").fill("Newcomer")
    waiting.get_by_role("button", name="Accept").click()
    expect(page.locator("h1")).to_have_text("Newcomer")
    assert until(lambda: _log_in(platform.teltonika, identifier) == b"\1")


def _log_in(port: int, imei: str) -> bytes:
    """What the gateway answers to a Teltonika tracker that introduces itself."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as tracker:
        tracker.sendall(b"\0\x0f" + imei.encode())
        return tracker.recv(1)


def test_a_taken_identifier_is_refused_beside_its_field(open_page: Open) -> None:
    page = open_page("/devices/")
    taken = page.locator("#device-table tbody tr").first.locator("td").last.inner_text()
    page.get_by_role("link", name="Add a device").first.click()
    page.get_by_label("Identifier").fill(taken)
    page.get_by_label("Name").fill("Twin")
    page.locator("main form").get_by_role("button", name="Add").click()
    expect(page.locator("#id_identifier_error")).to_contain_text("in use")


def test_devices_are_found_without_accents(open_page: Open) -> None:
    page = open_page("/devices/")
    page.get_by_label("Search devices").fill("sérvice")
    page.get_by_label("Search devices").press("Enter")
    expect(page.locator("#device-table tbody tr")).to_have_count(2)


PAGES = ["/map/", "/devices/", "/devices/add/", "/organisation/", "/styleguide/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_serious_for_axe(open_page: Open, path: str, scheme: str) -> None:
    page = open_page(path, color_scheme=scheme)
    if path == "/map/":
        page.wait_for_selector(".live-device")
    assert _serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_axe_before_sign_in(open_page: Open, scheme: str) -> None:
    assert _serious(open_page("/accounts/login/", stranger=True, color_scheme=scheme)) == []


def test_a_phone_shows_pages_without_scrolling_sideways(open_page: Open) -> None:
    for path in ("/devices/", "/devices/add/", "/organisation/"):
        page = open_page(path, viewport={"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def _serious(page: Page) -> list[dict[str, Any]]:
    found = Axe().run(page).response["violations"]
    return [
        {"rule": one["id"], "nodes": [node["html"][:160] for node in one["nodes"]]}
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
