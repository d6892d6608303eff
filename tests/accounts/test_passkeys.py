"""Passkeys in a real browser with a virtual authenticator: added, then used to sign in without a password."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from allconnects.accounts.models import Account
from tests.conftest import PASSWORD
from tests.ports import free_port
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.e2e
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def site(database: None) -> Iterator[str]:
    """The web process on the database of the tests; passkeys allow plain http on localhost only."""
    port = free_port()
    environment = {**os.environ, "ALLCONNECTS_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "allconnects", "web"], env=environment)
    url = f"http://localhost:{port}"
    try:
        assert until(lambda: _answers(url + "/readyz"), 2 * PATIENCE_S)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(url: str) -> bool:
    with suppress(OSError):
        urllib.request.urlopen(url, timeout=PATIENCE_S).close()
        return True
    return False


@pytest.fixture
def email(account_of: Callable[..., Account]) -> str:
    """Somebody to sign in as; made before the browser, beside which Django refuses to ask the database."""
    return account_of("viewer").email


@pytest.fixture
def page(email: str) -> Iterator[Any]:
    """A page of a fresh browser, with an authenticator that always agrees; ``page.context`` holds its cookies."""
    from tests.e2e.browser import launched, opened

    with launched() as browser:
        page = opened(browser, locale="en-GB").new_page()
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        yield page


def test_a_passkey_replaces_the_password(site: str, page: Any, email: str) -> None:
    blocked: list[str] = []
    page.on("console", lambda m: blocked.append(m.text) if "Content Security Policy" in m.text else None)
    page.goto(site + "/accounts/login/?next=/settings/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit] >> nth=0")
    page.wait_for_url(site + "/settings/")
    page.goto(site + "/accounts/2fa/webauthn/add/")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.check("[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/")
    page.context.clear_cookies()
    page.goto(site + "/settings/")
    page.wait_for_url("**/accounts/login/**")
    page.click("#passkey_login")
    page.wait_for_url(site + "/settings/")
    assert page.locator("select[name=language]").count() == 1
    assert blocked == []


def test_a_refusal_is_said_on_the_page(site: str, page: Any) -> None:
    page.goto(site + "/accounts/login/")
    page.click("#passkey_login")
    alert = page.locator("#webauthn-error")
    alert.wait_for()
    assert alert.get_attribute("role") == "alert"
    assert alert.inner_text().strip()
