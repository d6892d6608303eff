"""An installed Chromium, driven by Playwright; it draws the map in software, as machines without a GPU do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def executable() -> str:
    """The browser that CHROMIUM names, or one of this machine; without one the test fails where CI is set."""
    named = os.environ.get("CHROMIUM", "")
    for name in (named, *NAMES):
        found = shutil.which(name) if name else None
        if found:
            return found
    if os.environ.get("CI") == "true":
        pytest.fail("no Chromium: set CHROMIUM to its path")
    pytest.skip("no Chromium: set CHROMIUM to its path")


@contextmanager
def launched() -> Iterator[Browser]:
    """A running browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """What a page did that none of ours may do."""

    def __init__(self, page: Page, origin: str) -> None:
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._request(request.url, origin))
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def _request(self, url: str, origin: str) -> None:
        if not url.startswith((origin + "/", "data:", "blob:")):
            self.foreign.append(url)

    def _console(self, kind: str, text: str) -> None:
        # Reading pixels of a software canvas is slow, and Chromium says so; that is no fault of the page.
        if kind in ("error", "warning") and "GL Driver Message" not in text:
            self.complaints.append(f"{kind}: {text}")

    def assert_clean(self) -> None:
        """No request to anybody else; nothing that the content security policy or the browser complained of."""
        assert self.foreign == [], self.foreign
        assert self.complaints == [], self.complaints
