"""AT-43: a phone of the free version, without an account: its secret opens what it sent, and nothing else does.

Clause 19 of the policy: users of free versions may not be identifiable. GDPR art. 11: whoever shows by the secret which
data are his has every right in them; without it nothing is given out. Installing the app anew loses the secret, unless
the browser or the app kept it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.http import HttpResponse
from django.test import Client
from psycopg import sql

from allconnects.accounts.models import Account, Organisation
from allconnects.kit import clock, config
from allconnects.kit.labels import tables
from allconnects.telemetry.gateway.directory import _SELECT, DeviceRef
from allconnects.telemetry.store.gate import Gate
from tests.telemetry.store.hot import Yard, at

Token = dict[str, str]


@pytest.fixture(autouse=True)
def offered(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The organisation of the test takes phones without account; nobody is a member of it."""
    settings = replace(config.current(), free_phones=organisation.slug)
    monkeypatch.setattr(config, "current", lambda: settings)


@pytest.fixture
def phone(stranger: Client) -> Token:
    """A phone that somebody nobody knows let in."""
    return told(stranger.post("/phone/start/", REMOTE_ADDR=address()))


def told(answer: HttpResponse) -> Token:
    assert answer.status_code == 200, answer.content
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    return dict(re.findall(r'name="(identifier|secret)" value="([^"]+)"', answer.content.decode()))


def address() -> str:
    """Another one each time: how often somebody may ask is not what is tested here."""
    address.last = getattr(address, "last", 0) + 1  # type: ignore[attr-defined]
    return f"203.0.113.{address.last % 250}"  # type: ignore[attr-defined]


def ask(client: Client, phone: Token, do: str, **more: str) -> Any:
    return client.post("/phone/", {**phone, "do": do, **more}, REMOTE_ADDR=address())


def device_of(yard: Yard, phone: Token) -> DeviceRef:
    query = _SELECT + " WHERE d.organisation_id = %s AND d.identifier = %s"
    row = yard.owner.execute(query, (yard.organisation, phone["identifier"])).fetchone()
    assert row is not None
    found = DeviceRef(row[0], yard.organisation, phone["identifier"], row[3], "", 0)
    found.gate = Gate.of(*row[6:])
    return found


def sent(yard: Yard, phone: Token, lat: float = 50.8) -> int:
    """One fix of an hour ago as the gateway writes it. Returns its time in ms."""
    moment = clock.now_ms() - 3_600_000
    yard.send(device_of(yard, phone), at(moment, lat), received=clock.now_ms())
    return moment


def test_at_43_the_secret_of_a_phone_opens_what_it_sent_and_nothing_of_another(
    stranger: Client, phone: Token, yard: Yard
) -> None:
    other = told(stranger.post("/phone/start/", REMOTE_ADDR=address()))
    sent(yard, phone, 50.8123456)
    sent(yard, other, 51.2123456)
    assert '<dd class="col-6">1</dd>' in ask(stranger, phone, "look").content.decode()
    packed = zipfile.ZipFile(io.BytesIO(ask(stranger, phone, "copy").content))
    text = b"".join(packed.read(name) for name in packed.namelist()).decode()
    assert {name.rpartition(".")[2] for name in packed.namelist()} == {"json", "csv", "gpx"}
    assert "50.8123456" in text
    assert "51.21" not in text


def test_at_43_installed_anew_with_the_secret_everything_is_there_and_without_it_the_answer_is_that_of_article_11(
    phone: Token, yard: Yard
) -> None:
    sent(yard, phone)
    kept, lost = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    assert ask(kept, phone, "look").status_code == 200
    wrong = ask(lost, {**phone, "secret": "x" * 32}, "copy")
    unknown = ask(lost, {"identifier": "phone-000000000000", "secret": "x" * 32}, "copy")
    assert wrong.status_code == unknown.status_code == 403
    assert b"article 11" in wrong.content
    same = [re.sub(r'value="[^"]*"|nonce="[^"]*"', "", one.content.decode()) for one in (wrong, unknown)]
    assert same[0] == same[1], "an answer that differs tells which phones are known"
    for do in ("erase", "leave", "renew"):
        assert ask(lost, {**phone, "secret": "x" * 32}, do, sure="yes").status_code == 403
    assert ask(kept, phone, "look").status_code == 200


def test_at_43_what_is_erased_is_gone_also_when_it_comes_late_and_the_phone_sends_on(
    stranger: Client, phone: Token, yard: Yard
) -> None:
    moment, before = sent(yard, phone), device_of(yard, phone)
    assert ask(stranger, phone, "erase").status_code == 200
    assert len(yard.times(before)) == 1, "nothing goes before somebody said that he is sure"
    ask(stranger, phone, "erase", sure="yes")
    now = device_of(yard, phone)
    assert yard.times(before) == yard.times(now) == []
    assert not now.gate.passes_at(moment)
    assert now.gate.passes_at(clock.now_ms())


def test_at_43_another_secret_ends_the_one_before_and_a_phone_may_go(
    stranger: Client, phone: Token, yard: Yard
) -> None:
    fresh = told(ask(stranger, phone, "renew"))
    assert fresh["secret"] != phone["secret"]
    assert ask(stranger, phone, "look").status_code == 403
    assert device_of(yard, fresh).admits(fresh["secret"])
    assert not device_of(yard, fresh).admits(phone["secret"])
    ask(stranger, fresh, "leave", sure="yes")
    assert ask(stranger, fresh, "look").status_code == 403


def test_at_43_no_direct_identifier_is_held(
    phone: Token, yard: Yard, owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    sent(yard, phone)
    holding = []
    for name, table in tables().items():
        direct = [column for column, label in table.columns.items() if label.identifiability == "direct"]
        if not direct or not table.tenant or table.tenant not in table.columns:
            continue
        query = sql.SQL("SELECT count(*) FROM {} WHERE {} = %s").format(
            sql.Identifier(name), sql.Identifier(table.tenant)
        )
        row = owner_connection.execute(query, (organisation.pk,)).fetchone()
        holding += [name] if row and row[0] else []
    assert holding == []


def test_at_43_where_somebody_could_look_on_no_phone_joins(
    stranger: Client, organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    account_of("viewer")
    assert stranger.get("/phone/").status_code == 404
    assert stranger.post("/phone/start/", REMOTE_ADDR=address()).status_code == 404


def test_at_43_a_phone_that_a_person_is_known_to_have_is_asked_for_by_that_person(
    stranger: Client, phone: Token, yard: Yard, owner_connection: psycopg.Connection[Any]
) -> None:
    owner_connection.execute(
        "INSERT INTO telemetry_occupancy (organisation_id, device_id, person, during) "
        "VALUES (%s, %s, gen_random_uuid(), tstzrange(%s, NULL))",
        (yard.organisation, device_of(yard, phone).id, clock.now() - timedelta(hours=1)),
    )
    assert ask(stranger, phone, "look").status_code == 403
