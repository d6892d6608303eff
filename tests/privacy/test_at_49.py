"""AT-49: an organisation leaves: a copy of everything, then nothing of it in any table; its neighbour loses nothing."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core import mail

from allconnects.accounts.models import Account, Membership, Organisation
from allconnects.accounts.services import Actor
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, config, labels
from allconnects.kit.errors import InvalidInput
from allconnects.kit.named import Named
from allconnects.privacy.audit import service as audit
from allconnects.privacy.offboarding import copies, engine, ports, replay, service, tables
from allconnects.privacy.vault import CLASSES, KeyDestroyed, device, open_vault
from allconnects.telemetry.gateway.directory import Directory
from tests.privacy.canary import Canary, seen
from tests.telemetry.store.hot import Yard

Raw = psycopg.Connection[Any]


def filled(raw: Raw, organisation: int) -> Canary:
    """A row in every table of organisations."""
    one = Canary(raw, organisation)
    one.fill(skip=frozenset({"privacy_offboarding"}))
    for table in tables.of_tenants():
        with suppress(psycopg.errors.UniqueViolation):  # a trigger made it from the others
            one.row(table.name)
    return one


def key_of(organisation: int) -> bytes:
    """A key of the organisation, made when there is none."""
    return open_vault().key_for_sealing(organisation, device(1), next(iter(CLASSES)), who="process:test")


def counts(raw: Raw, organisation: int) -> dict[str, int]:
    return tables.left(raw, organisation)


@pytest.fixture
def owners(organisation: Organisation, account_of: Any) -> tuple[Actor, Actor]:
    """Two owners, who are members nowhere else."""
    first, second = account_of("owner"), account_of("owner")
    return Actor(first, organisation, "owner"), Actor(second, organisation, "owner")


def asked(organisation: Organisation, owners: tuple[Actor, Actor]) -> UUID:
    """Asked for by one, agreed to by the other."""
    first, second = owners
    with speaking_for(organisation.pk):
        service.ask(first, organisation.name)
        service.agree(second)
        one = service.found(organisation.pk)
    assert one is not None
    return one.id


def test_it_takes_the_name_and_two_owners_and_can_be_called_off(
    organisation: Organisation, owners: tuple[Actor, Actor]
) -> None:
    first, second = owners
    with speaking_for(organisation.pk):
        with pytest.raises(InvalidInput):
            service.ask(first, "another firm")
        service.ask(first, organisation.name)
        with pytest.raises(InvalidInput):
            service.agree(first)
    assert engine.run(organisation.pk) == "proposed"
    with speaking_for(organisation.pk):
        service.agree(second)
        one = service.found(organisation.pk)
    assert one is not None
    assert one.due_at is not None
    assert one.due_at > clock.now() + timedelta(days=29)
    assert engine.run(organisation.pk) == "waiting"
    with speaking_for(organisation.pk):
        service.call_off(second)
        assert service.found(organisation.pk) is None
    assert engine.run(organisation.pk) == "none"


def test_the_copy_holds_every_table_and_no_secret(
    owner_connection: Raw, organisation: Organisation, owners: tuple[Actor, Actor]
) -> None:
    one = filled(owner_connection, organisation.pk)
    number = asked(organisation, owners)

    copies.make(organisation.pk, number)

    with zipfile.ZipFile(copies.path(number)) as pack:
        told = json.loads(pack.read("manifest.json"))
        everything = "".join(pack.read(name).decode("utf-8", "replace") for name in pack.namelist())
        rows = {
            name: list(csv.reader(io.StringIO(pack.read(f"tables/{name}.csv").decode()))) for name in told["tables"]
        }
    copies.remove(number)
    wanted = {table.name for table in tables.of_tenants() if copies.columns(table)[0]} - ports.own()
    assert set(told["tables"]) == wanted
    assert {name for name, found in rows.items() if len(found) < 2} == set(), "tables without a row"
    known = labels.tables()
    for token in one.tokens:
        mine = known[token.table].tenant and token.table not in ports.own()
        secret = token.label.category == copies.SECRETS
        sealed = token.label.erasure.startswith("delete_chunk")
        plain = one.reach.types[token.table, token.column] != "bytea"
        if secret or token.table in ports.own():
            assert token.text not in everything, (token.table, token.column)
        elif mine and not sealed and plain:
            assert token.text in everything, (token.table, token.column)


def test_nothing_of_it_stays_and_the_neighbour_loses_nothing(
    owner_connection: Raw, organisation: Organisation, other_organisation: Organisation, owners: tuple[Actor, Actor],
) -> None:  # fmt: skip
    one = filled(owner_connection, organisation.pk)
    neighbour = filled(owner_connection, other_organisation.pk)
    for account in (one.account, neighbour.account):  # staff of the operator would keep theirs
        owner_connection.execute("DELETE FROM accounts_supporter WHERE account_id = %s", (account,))
    both = Account.objects.create_user("both@example.org", None)
    with speaking_for(other_organisation.pk):
        Membership.objects.create(organisation=other_organisation, account=both, role="viewer")
    with speaking_for(organisation.pk):
        Membership.objects.create(organisation=organisation, account=both, role="viewer")
    key_of(organisation.pk)
    before = counts(owner_connection, other_organisation.pk)
    missing = {table.name for table in tables.of_tenants()} - set(counts(owner_connection, organisation.pk))
    assert missing == set(), "tables without a row: nothing would be seen"
    number = asked(organisation, owners)

    state = engine.run(organisation.pk, now=True)

    steps = owner_connection.execute("SELECT steps, asked_by, agreed_by, answer_to, accounts FROM privacy_offboarding "
                                     "WHERE id = %s", (number,)).fetchone()  # fmt: skip
    assert state == "done", steps
    assert counts(owner_connection, organisation.pk) == {}
    assert counts(owner_connection, other_organisation.pk) == before
    assert steps is not None
    assert steps[1:] == (None, None, "", [])
    there = owner_connection.execute("SELECT 1 FROM accounts_organisation WHERE id = %s", (organisation.pk,))
    assert there.fetchone() is None
    accounts = {row[0] for row in owner_connection.execute("SELECT id FROM accounts_account").fetchall()}
    assert {both.pk, neighbour.account} <= accounts
    assert not {owner.account.pk for owner in owners} & accounts
    known = labels.tables()
    mine = [token.text for token in one.tokens if known[token.table].tenant]
    assert seen(owner_connection, mine) == {}
    with pytest.raises(KeyDestroyed):
        key_of(organisation.pk)
    assert replay.returned(owner_connection, open_vault()) == []
    owner_connection.execute("INSERT INTO accounts_organisation (id, name, slug, takes_unknown_devices, created_at) "
                             "VALUES (%s, 'x', %s, false, now())", (organisation.pk, f"back-{number}"))  # fmt: skip
    assert replay.returned(owner_connection, open_vault()) == [organisation.pk], "a backup brought it back"
    owner_connection.execute("DELETE FROM accounts_organisation WHERE id = %s", (organisation.pk,))
    told = audit.entries_of(owner_connection.cursor(), audit.OPERATOR, "organisation.left")
    assert f"offboarding:{number}" in {entry.about for entry in told}


def test_what_fails_halfway_is_gone_on_with(
    owner_connection: Raw, organisation: Organisation, owners: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(owner_connection, organisation.pk)
    asked(organisation, owners)
    real, done = tables.delete, []

    def dies(connection: Raw, table: Any, number: int) -> int:
        if len(done) == 20:
            raise OSError("power cut")
        done.append(table.name)
        return real(connection, table, number)

    monkeypatch.setattr(tables, "delete", dies)
    assert engine.run(organisation.pk, now=True) == "partial"
    members = owner_connection.execute("SELECT 1 FROM accounts_membership WHERE organisation_id = %s",
                                       (organisation.pk,)).fetchone()  # fmt: skip
    assert members is None, "nobody comes in any more"
    monkeypatch.setattr(tables, "delete", real)
    assert engine.run(organisation.pk) == "done"
    assert engine.run(organisation.pk) == "done"
    assert counts(owner_connection, organisation.pk) == {}


def put_back(raw: Raw, organisation: Organisation) -> None:
    """As a backup of before would: the organisation stands there with rows, and nothing says that it left."""
    raw.execute("DELETE FROM privacy_offboarding WHERE organisation_id = %s", (organisation.pk,))
    raw.execute("INSERT INTO accounts_organisation (id, name, slug, takes_unknown_devices, created_at) "
                "VALUES (%s, %s, %s, false, now())",
                (organisation.pk, organisation.name, organisation.slug))  # fmt: skip
    filled(raw, organisation.pk)


def test_after_a_restore_it_leaves_once_more(
    owner_connection: Raw, organisation: Organisation, owners: tuple[Actor, Actor]
) -> None:
    asked(organisation, owners)
    assert engine.run(organisation.pk, now=True) == "done"
    put_back(owner_connection, organisation)
    vault = open_vault()
    assert replay.returned(owner_connection, vault) == [organisation.pk]

    assert replay.replay(owner_connection, vault) == ["done"]

    assert counts(owner_connection, organisation.pk) == {}
    there = owner_connection.execute("SELECT 1 FROM accounts_organisation WHERE id = %s", (organisation.pk,))
    assert there.fetchone() is None
    assert replay.returned(owner_connection, vault) == []
    assert replay.replay(owner_connection, vault) == []


def test_who_asked_gets_the_answer_once(
    owner_connection: Raw, organisation: Organisation, owners: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the program dies after the mail and before it is written down."""
    set_to = replace(config.current(), email_url="smtp://localhost:1")
    monkeypatch.setattr(config, "current", lambda: set_to)
    ends: Named[ports.End] = Named()
    ends("books")(lambda _organisation: [ports.Stays("invoices", "a law", "2036-12-31")])
    monkeypatch.setattr(ports, "at_end", ends)
    mail.outbox = []
    asked(organisation, owners)
    to = owners[0].account.email
    real = engine.Run.note

    def dies(one: engine.Run, name: str, state: str, rows: int = 0, what: str = "") -> None:
        if name == "answer":
            raise KeyboardInterrupt
        real(one, name, state, rows, what)

    with monkeypatch.context() as patch:
        patch.setattr(engine.Run, "note", dies)
        with pytest.raises(KeyboardInterrupt):
            engine.run(organisation.pk, now=True)
    assert engine.run(organisation.pk) == "done"
    (one,) = mail.outbox
    assert one.to == [to]
    assert "invoices: a law (2036-12-31)" in one.body
    assert organisation.name not in one.body + one.subject
    row = owner_connection.execute("SELECT answer_to FROM privacy_offboarding WHERE organisation_id = %s",
                                   (organisation.pk,)).fetchone()  # fmt: skip
    assert row == ("",)


def test_the_gateway_refuses_its_devices_from_the_first_step_on(
    organisation: Organisation, owners: tuple[Actor, Actor], yard: Yard
) -> None:
    device = yard.device()

    async def known(directory: Directory) -> bool:
        await directory.load()
        return directory.find([device.identifier]) is not None

    directory = Directory(yard.conninfo)
    assert asyncio.run(known(directory))
    asked(organisation, owners)
    assert engine.run(organisation.pk) == "waiting"
    assert asyncio.run(known(Directory(yard.conninfo))), "until its day everything works"
    assert engine.run(organisation.pk, now=True) == "done"
    assert not asyncio.run(known(Directory(yard.conninfo)))
