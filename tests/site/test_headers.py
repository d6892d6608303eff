"""Every page keeps to the Content-Security-Policy: nothing inline, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from tests.permissions.matrix import PAGES, Page

GETS = sorted(
    name
    for name, pages in PAGES.items()
    for page in (pages if isinstance(pages, list) else [pages])
    if isinstance(page, Page) and page.method == "get" and not page.path and name != "live:stream"
)


class Strict(HTMLParser):
    """Collects what the policy would block or what would ask another host."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.tags = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        given = dict(attrs)
        data = given.get("type") in ("application/json", "text/template")
        if tag == "script" and not given.get("src") and not data:
            self.faults.append("inline script")
        if tag == "style":
            self.faults.append("style element")
        self.faults += [f"{name} attribute" for name in given if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action", "poster", "data"):
            address = given.get(name) or ""
            if tag != "a" and urlsplit(address).netloc:
                self.faults.append(f"{tag} of {urlsplit(address).netloc}")


@pytest.mark.parametrize("name", GETS)
def test_pages_hold_to_the_policy(name: str, client_of: Callable[..., Client], stranger: Client) -> None:
    for client in (stranger, client_of("owner")):
        response = client.get(reverse(name), follow=True)
        policy = response.headers["Content-Security-Policy"]
        assert "'unsafe" not in policy
        assert "default-src 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        if response.headers["Content-Type"].startswith("text/html"):
            page = Strict()
            page.feed(response.content.decode())
            assert page.tags > 5
            assert page.faults == []


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/organisation/tokens/", 403)])
def test_error_pages_too(path: str, status: int, client_of: Callable[..., Client]) -> None:
    response = client_of("viewer").get(path)
    page = Strict()
    page.feed(response.content.decode())
    assert (response.status_code, page.faults, page.tags > 5) == (status, [], True)
    assert "Content-Security-Policy" in response.headers


def test_a_crash_gets_a_page_without_details(client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("allconnects.accounts.views._members", crash)
    client = client_of("owner")
    client.raise_request_exception = False
    response = client.get("/organisation/")
    assert response.status_code == 500
    assert b"secret detail" not in response.content
    assert b"<main" in response.content


def test_files_carry_the_headers_too(stranger: Client) -> None:
    response = stranger.get("/static/js/webauthn.js")
    assert response.status_code == 200
    assert "Content-Security-Policy" in response.headers
    assert response.headers["Content-Type"].startswith("text/javascript")
