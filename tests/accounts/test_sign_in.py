"""Signing in: what an attacker may try, and second factors."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client
from django.urls import reverse

from allconnects.accounts import joining, services
from allconnects.accounts.models import Account, Organisation, Session
from allconnects.accounts.services import Actor
from allconnects.accounts.tenancy import speaking_for
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"


@pytest.fixture
def visitor() -> Client:
    """A browser from an address of its own, so that the limits of tests do not add up."""
    address = ".".join(["10", *(str(secrets.randbelow(250) + 1) for _ in range(3))])
    return Client(SERVER_NAME="localhost", REMOTE_ADDR=address)


def sign_in(client: Client, account: Account, password: str = PASSWORD, **data: str) -> Any:
    return client.post(LOGIN, {"login": account.email, "password": password, **data})


def test_the_session_key_changes_at_sign_in(visitor: Client, account_of: Callable[..., Account]) -> None:
    session = visitor.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    visitor.cookies["sessionid"] = planted
    account = account_of("viewer")
    assert sign_in(visitor, account).status_code == 302
    assert visitor.cookies["sessionid"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()
    assert Session.objects.get(account=account).session_key == visitor.cookies["sessionid"].value
    assert visitor.cookies["sessionid"]["httponly"]
    assert visitor.cookies["sessionid"]["samesite"] == "Lax"


def test_a_wrong_password_and_an_unknown_address_look_alike(
    visitor: Client, account_of: Callable[..., Account]
) -> None:
    account = account_of("viewer")
    wrong = sign_in(visitor, account, "not the password")
    unknown = visitor.post(LOGIN, {"login": "unknown@example.org", "password": "not the password"})
    assert wrong.status_code == unknown.status_code == 200
    assert wrong.context["form"].errors == unknown.context["form"].errors != {}


def test_guessing_is_stopped_in_the_database_and_names_nobody(
    visitor: Client, account_of: Callable[..., Account], owner_connection: psycopg.Connection[Any]
) -> None:
    account = account_of("viewer")
    for _ in range(5):
        sign_in(visitor, account, "not the password")
    elsewhere = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.77")
    assert sign_in(elsewhere, account).status_code == 200, "the limit counts per address of the account too"
    assert not Session.objects.filter(account=account).exists()
    rows = owner_connection.execute("SELECT cache_key, value FROM site_cache").fetchall()
    assert rows
    assert all(len(key) == 64 and int(key, 16) for key, _ in rows)


def test_too_many_requests_get_a_page(visitor: Client) -> None:
    for _ in range(30):
        answer = visitor.post(LOGIN, {})
    assert answer.status_code == 200
    answer = visitor.post(LOGIN, {})
    assert answer.status_code == 429
    assert b"<h1" in answer.content
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_sign_in_leads_nowhere_else(target: str, visitor: Client, account_of: Callable[..., Account]) -> None:
    assert sign_in(visitor, account_of("viewer"), next=target).headers["Location"] == "/"


def test_sign_in_leads_back(visitor: Client, account_of: Callable[..., Account]) -> None:
    answer = sign_in(visitor, account_of("viewer"), next="/organisation/")
    assert answer.headers["Location"] == "/organisation/"


def test_nobody_signs_up(visitor: Client) -> None:
    data = {"email": "self@example.org", "password1": PASSWORD, "password2": PASSWORD}
    answer = visitor.post("/accounts/signup/", data)
    assert b"invitation" in answer.content
    assert not Account.objects.filter(email="self@example.org").exists()


def test_a_reset_says_the_same_to_all_and_mails_the_right_one(
    visitor: Client, account_of: Callable[..., Account]
) -> None:
    account = account_of("viewer")
    mail.outbox.clear()
    answers = [visitor.post("/accounts/password/reset/", {"email": e}) for e in ("un@example.org", account.email)]
    assert [a.headers.get("Location") for a in answers] == ["/accounts/password/reset/done/"] * 2
    (message,) = mail.outbox
    assert message.to == [account.email]
    link = next(line for line in message.body.split() if "/password/reset/key/" in line)
    form = visitor.get(link, follow=True)
    new = "five ferries on a Friday"
    done = visitor.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert done.status_code == 302
    assert sign_in(Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.3"), account).status_code == 200
    assert sign_in(visitor, account, new).status_code == 302
    again = visitor.get(link, follow=True)
    assert again.context.get("token_fail") is True


def test_a_mail_server_that_is_away_betrays_nobody(
    visitor: Client, account_of: Callable[..., Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", refuse)
    answer = visitor.post("/accounts/password/reset/", {"email": account_of("viewer").email})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"


def confirm(client: Client) -> None:
    """Second factors change only for whoever has just given the password again."""
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def test_a_second_factor_is_asked_and_kept_encrypted(
    visitor: Client, account_of: Callable[..., Account], owner_connection: psycopg.Connection[Any]
) -> None:
    account = account_of("viewer")
    sign_in(visitor, account)
    assert visitor.get(reverse("mfa_activate_totp")).headers["Location"].startswith("/accounts/reauthenticate/")
    confirm(visitor)
    page = visitor.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert visitor.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}).status_code == 302
    (data,) = owner_connection.execute(
        "SELECT data::text FROM mfa_authenticator WHERE user_id = %s AND type = 'totp'", (account.pk,)
    ).fetchone() or ("",)
    assert secret not in data
    codes = visitor.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert len(codes) == 10
    elsewhere = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.9")
    assert sign_in(elsewhere, account).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert elsewhere.get("/organisation/").headers["Location"].startswith(LOGIN)
    wrong = elsewhere.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    right = elsewhere.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert right.headers["Location"] == "/"
    assert elsewhere.get("/organisation/").status_code == 200
    third = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.10")
    sign_in(third, account)
    assert third.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 200, "used up"


def test_passkeys_are_offered_for_this_host(visitor: Client, account_of: Callable[..., Account]) -> None:
    assert b"passkey_login" in visitor.get(LOGIN).content
    options = visitor.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["rpId"] == "localhost"
    account = account_of("viewer")
    sign_in(visitor, account)
    confirm(visitor)
    page = visitor.get(reverse("mfa_add_webauthn"))
    assert page.context["js_data"]["creation_options"]["publicKey"]["rp"] == {
        "id": "localhost",
        "name": "allconnects",
    }
    forged = {"name": "k", "credential": '{"type": "public-key", "id": "AAAA", "rawId": "AAAA", "response": {}}'}
    assert visitor.post(reverse("mfa_add_webauthn"), forged).status_code == 200
    assert not Authenticator.objects.filter(user=account).exists()


def test_a_new_member_starts_in_a_session_of_his_own(
    visitor: Client, organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    email = f"joins-{secrets.token_hex(4)}@example.org"
    with speaking_for(organisation.pk):
        secret = services.invite(Actor(account_of("owner"), organisation, "owner"), email, "viewer")
    session = visitor.session
    session.save()
    planted = session.session_key
    visitor.cookies["sessionid"] = planted
    url = reverse("invitation", args=[secret])
    page = visitor.get(url)
    assert (page.status_code, "no-store" in page.headers["Cache-Control"]) == (200, True)
    assert visitor.post(url, {"name": "J", "password": "short"}).status_code == 422
    assert visitor.post(url, {"name": "J", "password": PASSWORD}).headers["Location"] == "/"
    assert visitor.cookies["sessionid"].value != planted
    assert visitor.get("/organisation/").context["role"] == "viewer"
    assert visitor.get(url).status_code == 404
    with pytest.raises(services.NotFound):
        joining.find(secret)


def test_language_and_theme_follow_the_account(visitor: Client, account_of: Callable[..., Account]) -> None:
    assert 'lang="fr"' in visitor.get(LOGIN, headers={"Accept-Language": "fr-BE,fr;q=0.9"}).content.decode()
    visitor.post("/language/", {"language": "de", "next": LOGIN})
    assert 'lang="de"' in visitor.get(LOGIN).content.decode()
    account = account_of("viewer")
    sign_in(visitor, account)
    visitor.post("/language/", {"language": "nl"})
    visitor.post("/preferences/", {"theme": "dark"})
    account.refresh_from_db()
    assert (account.language, account.theme) == ("nl", "dark")
    page = visitor.get("/organisation/", headers={"Accept-Language": "fr"}).content.decode()
    assert 'lang="nl"' in page
    assert 'data-bs-theme="dark"' in page
    visitor.post("/settings/", {"name": "New name", "language": "en", "theme": ""})
    account.refresh_from_db()
    assert (account.name, account.language, account.theme) == ("New name", "en", "")
    visitor.post("/language/", {"language": "xx"})
    account.refresh_from_db()
    assert account.language == "en"
