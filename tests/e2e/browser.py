"""An installed Chromium, driven by Playwright; it draws the map in software, as machines without a GPU do."""

from __future__ import annotations

import os
import shutil
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.waiting import PATIENCE_S

PATIENCE_MS = PATIENCE_S * 1000
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
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS, timeout=2 * PATIENCE_MS)
        yield browser
        closed(browser)


def opened(browser: Browser, **options: Any) -> BrowserContext:
    """A profile of its own, whose pages are waited for as long as a slow machine needs."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    return context


class _Late(BaseException):
    """Through Playwright's own handlers, which catch every Exception."""


def closed(what: Browser | BrowserContext) -> None:
    """Close it. On a busy machine Chromium at times never answers that, and what was tested is over by then: it is
    left behind after a while, with a warning, and goes with the browser or its driver."""

    def late(*_: object) -> None:
        raise _Late

    before, began = signal.signal(signal.SIGALRM, late), time.monotonic()
    left, _again = signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)  # the limit of the test, which goes on afterwards
    try:
        what.close()
    except _Late:
        warnings.warn("Chromium did not close a profile and is left with it", stacklevel=2)
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 1) if left else 0)


def becomes(page: Page, what: Callable[[], Any], seconds: float = PATIENCE_S) -> bool:
    """Wait until it holds, while the page goes on and tells what it does."""
    deadline = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    return bool(found)


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
        # Chromium says so when pixels of a software canvas are read slowly, or this machine is slow: no fault of ours.
        if kind in ("error", "warning") and "GL Driver Message" not in text and not text.startswith("[Intervention]"):
            self.complaints.append(f"{kind}: {text}")

    def assert_clean(self) -> None:
        """No request to anybody else; nothing that the content security policy or the browser complained of."""
        assert self.foreign == [], self.foreign
        assert self.complaints == [], self.complaints
