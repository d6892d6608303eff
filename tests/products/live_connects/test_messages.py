"""Messages between the office and a driver."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.test import Client

if TYPE_CHECKING:
    from allconnects.accounts.models import Account

Accounts = Callable[..., "Account"]


@pytest.fixture
def signed_in(database: None) -> Callable[[Account], Client]:
    def make(account: Account) -> Client:
        client = Client(SERVER_NAME="localhost")
        client.force_login(account)
        return client

    return make


def write(client: Client, driver: int, text: str, client_id: str | None = None) -> Any:
    data = {"text": text, "client_id": client_id or secrets.token_hex(8)}
    return client.post(f"/messages/{driver}/", data)


def shown(client: Client, driver: int) -> list[tuple[str, bool]]:
    """Texts of a thread as they are after this reading, with whether the other side has read them."""
    return [(one.text, one.read_at is not None) for one in client.get(f"/messages/{driver}/").context["messages_of"]]


def test_both_see_what_was_written_and_whether_it_was_read(account_of: Accounts, signed_in: Any) -> None:
    driver, planner = account_of("driver"), account_of("planner")
    office, cab = signed_in(planner), signed_in(driver)
    assert write(office, driver.pk, "Gate 3, please").status_code == 302
    assert shown(office, driver.pk) == [("Gate 3, please", False)], "the office reading its own message is no receipt"
    assert shown(cab, driver.pk) == [("Gate 3, please", True)]
    assert shown(office, driver.pk) == [("Gate 3, please", True)]
    write(cab, driver.pk, "On my way")
    assert office.get("/messages/").context["threads"][0].unread == 1
    assert shown(office, driver.pk)[1] == ("On my way", True)
    assert office.get("/messages/").context["threads"][0].unread == 0


def test_sent_twice_on_a_bad_network_it_stands_there_once(account_of: Accounts, signed_in: Any) -> None:
    driver = account_of("driver")
    cab, key = signed_in(driver), secrets.token_hex(8)
    for _ in range(2):
        assert write(cab, driver.pk, "Delayed", key).status_code == 302
    assert [text for text, _ in shown(cab, driver.pk)] == ["Delayed"]


def test_a_driver_sees_the_own_thread_only(account_of: Accounts, signed_in: Any) -> None:
    one, other = account_of("driver"), account_of("driver")
    cab = signed_in(one)
    assert cab.get("/messages/").headers["Location"] == f"/messages/{one.pk}/"
    assert cab.get(f"/messages/{other.pk}/").status_code == 404
    assert write(cab, other.pk, "x").status_code == 404


def test_a_viewer_writes_to_nobody(account_of: Accounts, signed_in: Any) -> None:
    driver = account_of("driver")
    assert write(signed_in(account_of("viewer")), driver.pk, "x").status_code == 404


def test_another_tenants_driver_does_not_exist(
    account_of: Accounts, signed_in: Any, other_organisation: Any, owner_connection: psycopg.Connection[Any]
) -> None:
    theirs = account_of("driver", other_organisation)
    assert write(signed_in(account_of("owner")), theirs.pk, "x").status_code == 404
    row = owner_connection.execute("SELECT count(*) FROM live_message WHERE driver_id = %s", (theirs.pk,)).fetchone()
    assert row == (0,)


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_what_is_no_message_is_refused_and_stays_in_its_field(account_of: Accounts, signed_in: Any, text: str) -> None:
    driver = account_of("driver")
    answer = write(signed_in(driver), driver.pk, text)
    assert answer.status_code == 422
    assert answer.context["refused"]


def test_text_is_text(account_of: Accounts, signed_in: Any) -> None:
    driver = account_of("driver")
    cab = signed_in(driver)
    write(cab, driver.pk, "<script>alert(1)</script>")
    assert b"<script>alert(1)" not in cab.get(f"/messages/{driver.pk}/").content


def test_old_messages_links_and_commands_go(
    account_of: Accounts, signed_in: Any, organisation: Any, owner_connection: psycopg.Connection[Any]
) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.products.live_connects.jobs import forget

    driver = account_of("driver")
    cab = signed_in(driver)
    for text in ("old", "new"):
        write(cab, driver.pk, text)
    owner_connection.execute("UPDATE live_message SET at = now() - interval '181 days' WHERE text = 'old'")
    owner_connection.execute(
        "INSERT INTO live_share (organisation_id, title, token_hash, begins_at, ends_at, with_name, precision, "
        "created_at, opened) VALUES (%s, 't', %s, now() - interval '99 days', now() - interval '91 days', false, "
        "'exact', now(), 0)",
        (organisation.pk, secrets.token_hex(32)),
    )
    with speaking_for(organisation.pk):
        forget(organisation.pk)
    assert [text for text, _ in shown(cab, driver.pk)] == ["new"]
    row = owner_connection.execute(
        "SELECT count(*) FROM live_share WHERE organisation_id = %s", (organisation.pk,)
    ).fetchone()
    assert row == (0,)
