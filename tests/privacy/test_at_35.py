"""AT-35: nothing that is not needed is stored before the choice; refusing is as easy; signals are heard."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

import allconnects
from allconnects.kit import clock
from allconnects.privacy.consents import storage
from allconnects.privacy.consents.models import Choice
from allconnects.privacy.registry import parties
from allconnects.privacy.registry.entries import Stored
from tests.permissions.matrix import PAGES, Page

ROOT = Path(allconnects.__file__).parent
WRITES = re.compile(
    r"""(?:localStorage\.(?:setItem|getItem)|sessionStorage\.setItem|indexedDB\.open|caches\.open)\(\s*([\w"'`$-]+)"""
)


def is_listed(name: str) -> bool:
    return any(
        one.name == name or (one.name.endswith("*") and name.startswith(one.name[:-1])) for one in parties.STORED
    )


def written() -> dict[str, str]:
    """Each name that our own scripts keep in a browser, resolved through constants of the same file."""
    found = {}
    for path in (one for one in ROOT.rglob("*.js") if "vendor" not in one.parts):
        text = path.read_text("utf-8")
        for given in WRITES.findall(text):
            name = given
            if given[0] not in "\"'`":
                (name,) = re.findall(rf"\b(?:const|let|var) {re.escape(given)} = ([\"'`][^\"'`]*)", text)[:1] or [given]
            found[re.sub(r"\$\{.*", "", name.strip("\"'`"))] = str(path.relative_to(ROOT))
    return found


def test_at_35_scripts_keep_nothing_that_is_not_listed() -> None:
    names = written()
    assert len(names) >= 5
    assert {name: where for name, where in names.items() if not is_listed(name)} == {}


def test_at_35_nothing_is_asked_because_nothing_waits_for_a_choice() -> None:
    assert storage.optional() == []


def crawl(client: Client, **headers: str) -> set[str]:
    """Every page that needs no values in its address, as far as this client gets. Returns names of cookies."""
    for name, pages in PAGES.items():
        page = pages[0] if isinstance(pages, list) else pages
        assert isinstance(page, Page)
        if page.method != "get" or name in ("account_logout",):
            continue
        try:
            path = reverse(
                name, kwargs={key: value for key, value in page.path.items() if not str(value).startswith("$")}
            )
        except NoReverseMatch:
            continue
        client.get(path, **headers).close()  # type: ignore[arg-type]
    return set(client.cookies)


@pytest.mark.parametrize("role", [None, "owner"])
def test_at_35_a_crawl_finds_listed_cookies_only(role: str | None, client_of: Callable[..., Client]) -> None:
    client = client_of(role) if role else Client(SERVER_NAME="localhost")
    found = crawl(client)
    assert found
    assert {name for name in found if not is_listed(name)} == set()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, database: None) -> None:
    """As if an operator counted visits: one cookie and one entry that nobody needs."""
    more = (
        Stored("visits", "cookie", "counts visits", "1 day", essential=False),
        Stored("seen-tour", "local storage", "remembers a tour", "1 year", essential=False),
    )
    monkeypatch.setattr(parties, "STORED", (*parties.STORED, *more))


def asked_by(client: Client, **headers: Any) -> bool:
    return "storage-choice" in client.get("/newsletter/", **headers).content.decode()


def may(client: Client, name: str = "visits", **headers: Any) -> bool:
    request = RequestFactory().get("/", **headers)
    request.COOKIES = {key: one.value for key, one in client.cookies.items()}
    return storage.may_store(request, name)


def test_at_35_first_visit_refuse_accept_withdraw(measured: None, stranger: Client) -> None:
    assert asked_by(stranger)
    assert not may(stranger)
    assert may(stranger, "sessionid")
    stranger.post("/privacy/cookies/", {"choice": "refuse"})
    assert not asked_by(stranger)
    assert not may(stranger)
    stranger.post("/privacy/cookies/", {"choice": "accept"})
    assert may(stranger)
    assert may(stranger, "seen-tour")
    stranger.cookies["visits"] = "3"
    assert "data-forget" not in stranger.get("/privacy/cookies/").content.decode()
    stranger.post("/privacy/cookies/", {"choice": "refuse"})
    assert stranger.cookies["visits"].value == "", "withdrawn is deleted"
    assert stranger.cookies["visits"]["max-age"] == 0
    assert 'data-forget="seen-tour"' in stranger.get("/privacy/cookies/").content.decode()
    assert not may(stranger)


def test_at_35_refusing_takes_as_many_clicks_and_looks_the_same(measured: None, stranger: Client) -> None:
    page = stranger.get("/newsletter/").content.decode()
    accept, refuse = re.findall(r'<button class="([^"]*)" name="choice" value="(?:accept|refuse)">', page)
    assert accept == refuse


def test_at_35_global_privacy_control_is_a_refusal_and_asks_nothing(measured: None, stranger: Client) -> None:
    stranger.post("/privacy/cookies/", {"choice": "accept"})
    assert not may(stranger, HTTP_SEC_GPC="1")
    assert not asked_by(Client(SERVER_NAME="localhost"), HTTP_SEC_GPC="1")


def test_at_35_an_old_choice_or_one_about_something_else_is_asked_again(
    measured: None, stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.post("/privacy/cookies/", {"choice": "accept"})
    with clock.at(datetime.now(UTC) + timedelta(days=181)):
        assert not may(stranger)
        assert asked_by(stranger)
    more = Stored("banner", "cookie", "something new", "1 day", essential=False)
    monkeypatch.setattr(parties, "STORED", (*parties.STORED, more))
    assert not may(stranger)
    assert asked_by(stranger)


@pytest.mark.parametrize(
    "forged", ["accept", "x.accept.2026-01-01", "{v}.accept.2999-01-01", "{v}.maybe.{d}", "{v}.accept."]
)
def test_at_35_a_forged_choice_counts_for_nothing(forged: str, measured: None, stranger: Client) -> None:
    stranger.cookies["storage_choice"] = forged.format(v=storage.version(), d=datetime.now(UTC).date())
    assert not may(stranger)


def test_at_35_choices_are_counted_without_anybody(measured: None, stranger: Client) -> None:
    for said in ("refuse", "refuse", "accept", "nonsense"):
        stranger.post("/privacy/cookies/", {"choice": said})
    counts = dict(Choice.objects.filter(version=storage.version()).values_list("choice", "count"))
    assert counts["refuse"] >= 2
    assert set(counts) == {"accept", "refuse"}
    assert {one.name for one in Choice._meta.get_fields()} == {"id", "version", "choice", "day", "count"}


def test_at_35_what_is_not_on_the_list_may_not_be_stored_at_all(stranger: Client) -> None:
    with pytest.raises(KeyError):
        may(stranger, "tracker")
