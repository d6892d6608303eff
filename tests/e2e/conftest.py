"""The whole platform with its demo fleet, and browsers that look at it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from tests import template
from tests.e2e.browser import Watch, closed, launched, opened
from tests.ports import free_ports
from tests.waiting import PATIENCE_S

READY = re.compile(r"ready (\S+) account=(\S+) password=(\S+) token=(\S+)")
START_S = 10 * PATIENCE_S
PROTOCOLS = ("teltonika", "gt06", "osmand", "owntracks")


@dataclass(frozen=True)
class Platform:
    """A running platform."""

    url: str
    account: str
    password: str
    token: str
    teltonika: int


@pytest.fixture(scope="session")
def own_database() -> Iterator[dict[str, str]]:
    """Environment that names a database of this run's own on the test server; empty for the embedded one."""
    server = os.environ.get("ALLCONNECTS_TEST_DATABASE_URL", "")
    if not server:
        yield {}
        return
    name = f"allconnects_e2e_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield {"DATABASE_URL": urlunsplit(urlsplit(server)._replace(path="/" + name))}
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def platform(own_database: dict[str, str]) -> Iterator[Platform]:
    """``allconnects demo`` in a home of its own, until the end of the run."""
    home = Path(tempfile.mkdtemp(prefix="ac-e2e-"))
    home.chmod(0o755)
    if not own_database:
        template.fill(home / "home")
    web, *gateway = free_ports(1 + len(PROTOCOLS))
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ALLCONNECTS_") and k != "DATABASE_URL"}
    environment = {
        **kept,
        **own_database,
        "ALLCONNECTS_HOME": str(home / "home"),
        "ALLCONNECTS_VAULT_ROOT": str(home / "vault.root"),
        "ALLCONNECTS_PORT": str(web),
        "ALLCONNECTS_GATEWAY_HOST": "127.0.0.1",
        "ALLCONNECTS_GATEWAY_PORTS": ",".join(f"{p}={n}" for p, n in zip(PROTOCOLS, gateway, strict=True)),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "allconnects", "demo"], env=environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said: list[str] = []
    try:
        yield _ready(process, said, gateway[0])
        assert process.poll() is None, "the platform ended by itself:\n" + "".join(said[-30:])
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(2 * PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(home, ignore_errors=True)


def _ready(process: subprocess.Popen[str], said: list[str], teltonika: int) -> Platform:
    """Wait for the line that says that all is up; what is printed, then and later, goes to said."""
    watchdog = threading.Timer(START_S, process.kill)
    watchdog.start()
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if found := READY.search(line):
            watchdog.cancel()
            threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True).start()
            return Platform(*found.groups(), teltonika)
    watchdog.cancel()
    pytest.fail("the platform did not start:\n" + "".join(said[-20:]))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each opens a profile of its own in it."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def signed_in(chromium: Browser, platform: Platform) -> StorageState:
    """The cookies of somebody who signed in by the form."""
    context = opened(chromium, locale="en")
    page = context.new_page()
    page.goto(platform.url + "/accounts/login/")
    page.fill("input[name=login]", platform.account)
    page.fill("input[name=password]", platform.password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/map/**")
    state = context.storage_state()
    closed(context)
    return state


@pytest.fixture
def open_page(chromium: Browser, platform: Platform, signed_in: StorageState) -> Iterator[Callable[..., Page]]:
    """``open_page(path, **context)``; afterwards every page is asked whether it kept to itself."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def make(path: str, *, stranger: bool = False, watched: bool = True, **options: Any) -> Page:
        options.setdefault("locale", "en")
        options.setdefault("viewport", {"width": 1400, "height": 900})
        context = opened(chromium, storage_state=None if stranger else signed_in, **options)
        contexts.append(context)
        page = context.new_page()
        if watched:
            watches.append(Watch(page, platform.url))
        page.goto(platform.url + path)
        return page

    yield make
    for context in contexts:
        closed(context)
    for watch in watches:
        watch.assert_clean()


@pytest.fixture
def begin(open_page: Callable[..., Page], platform: Platform) -> Callable[..., Page]:
    """``begin(role, options)``: somebody signs in by the form, as in the morning."""

    def make(role: str, options: dict[str, Any]) -> Page:
        page = open_page("/accounts/login/", stranger=True, **options)
        page.fill("input[name=login]", platform.account.replace("owner", role, 1))
        page.fill("input[name=password]", platform.password)
        page.press("input[name=password]", "Enter")
        return page

    return make
