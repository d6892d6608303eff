"""The API's door: tokens, session cookies with CSRF, and problem documents."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from allconnects.accounts.models import Account, Organisation

URL = "/api/v1/devices"
BODY = '{"identifier": "%s", "name": "n"}'


@pytest.fixture
def browser(account_of: Callable[..., Account]) -> Client:
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    client.force_login(account_of("manager"))
    return client


def test_a_session_changes_things_only_with_the_csrf_token(browser: Client) -> None:
    assert browser.get(URL).status_code == 200
    body = BODY % "csrf-1"
    assert browser.post(URL, body, "application/json").status_code == 403
    browser.get("/settings/")
    token = browser.cookies["csrftoken"].value
    answer = browser.post(URL, body, "application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201


def test_a_form_of_another_site_changes_nothing(browser: Client) -> None:
    browser.get("/settings/")
    token = browser.cookies["csrftoken"].value
    answer = browser.post("/preferences/", {"theme": "dark"})
    assert answer.status_code == 403
    answer = browser.post(
        "/preferences/", {"theme": "dark", "csrfmiddlewaretoken": token}, headers={"Origin": "https://example.org"}
    )
    assert answer.status_code == 403


def test_a_token_needs_no_csrf_and_a_bad_one_is_not_saved_by_a_session(
    browser: Client, token_of: Callable[..., str]
) -> None:
    good = {"Authorization": f"Bearer {token_of(['devices:write'])}"}
    stranger = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert stranger.post(URL, BODY % "csrf-2", "application/json", headers=good).status_code == 201
    for bad in ("Bearer nonsense", "Bearer ", "Basic YTpi", "Bearer ac_x y"):
        answer = browser.get(URL, headers={"Authorization": bad})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_token_opens_no_pages(token_of: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {token_of(['positions:read', 'members:read'])}"}
    for page in ("/organisation/", "/map/", "/settings/"):
        answer = Client(SERVER_NAME="localhost").get(page, headers=headers)
        assert answer.headers["Location"].startswith("/accounts/login/")


def test_a_token_speaks_for_its_own_organisation_whatever_the_session_says(
    browser: Client, token_of: Callable[..., str], other_organisation: Organisation
) -> None:
    browser.get("/settings/")
    crumb = browser.cookies["csrftoken"].value
    browser.post(URL, BODY % "mine-1", "application/json", headers={"X-CSRFToken": crumb})
    headers = {"Authorization": f"Bearer {token_of(['devices:read'], other_organisation)}"}
    assert browser.get(URL, headers=headers).json() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("get", "/api/v1/nowhere", None, 404, "not_found"),
        ("get", "/api/v1/devices/999999999", None, 404, "not_found"),
        ("post", "/api/v1/devices", '{"identifier": ""}', 422, "invalid"),
        ("post", "/api/v1/devices", "{", 400, "malformed"),
        ("get", "/api/v1/devices/1/track?date=yesterday", None, 422, "invalid"),
    ],
)
def test_errors_are_problem_documents(
    method: str, path: str, body: str | None, status: int, code: str, client_of: Callable[..., Client]
) -> None:
    client = client_of("owner")
    answer = client.generic(method.upper(), path, body or "", "application/json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]


def test_a_crash_is_a_problem_document_without_details(
    client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("allconnects.telemetry.listing.list_devices", crash)
    client = client_of("owner")
    client.raise_request_exception = False
    answer = client.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert b"secret detail" not in answer.content


def test_members_are_those_of_the_organisation(
    client_of: Callable[..., Client],
    account_of: Callable[..., Account],
    other_organisation: Organisation,
    token_of: Callable[..., str],
) -> None:
    viewer = account_of("viewer")
    account_of("viewer", other_organisation)
    headers = {"Authorization": f"Bearer {token_of(['members:read'])}"}
    (member,) = Client(SERVER_NAME="localhost").get("/api/v1/members", headers=headers).json()
    assert (member["email"], member["role"]) == (viewer.email, "viewer")
    assert len(client_of("manager").get("/api/v1/members").json()) == 2
