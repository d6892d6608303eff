"""AT-54: what the tools of privacy keep is personal data too: requests, consents, accesses, marks of who was erased.

Which tables these are is read from the labels, so that a new one joins by itself.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import psycopg

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import labels
from allconnects.kit.labels import Table
from allconnects.privacy.erasure import marks, service
from allconnects.privacy.retention import RULES
from allconnects.privacy.subjects import Subject, reach
from allconnects.privacy.subjects.reach import goes_whole, retained
from allconnects.privacy.vault import open_vault
from tests.privacy.canary import Canary
from tests.privacy.rights import canary, erase
from tests.privacy.test_at_06 import _opened

KNOWN = {
    "privacy_access", "privacy_audit", "privacy_case", "privacy_case_event", "privacy_case_letter",
    "privacy_consents_act", "privacy_disclosure", "privacy_erasure", "privacy_export", "privacy_mark",
    "privacy_withheld",
}  # fmt: skip


def tools() -> dict[str, Table]:
    """Every table of the tools that holds personal data."""
    return {name: one for name, one in labels.tables().items() if name.startswith("privacy_") and one.personal}


def test_at_54_each_has_a_time_a_rule_for_erasing_and_one_for_the_copy(
    owner_connection: psycopg.Connection[Any],
) -> None:
    found = reach(owner_connection).found
    assert tools().keys() >= KNOWN
    for name, table in tools().items():
        assert name in found or table.nobody, f"{name}: nothing leads to whom it is about"
        terms = [RULES[label.retention].default_days for label in table.columns.values() if label.personal]
        assert name in labels.aging() or not any(terms), f"{name}: nothing says from when its time runs"
        for column, label in table.columns.items():
            where = f"{name}.{column}"
            if label.personal:
                assert RULES[label.retention].ground, where
                assert label.erasure != "none", where
                assert label.export != "excluded" or label.excluded_because, where


def test_at_54_a_copy_holds_what_the_tools_say_of_its_person(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)
    said = json.loads(_opened(organisation.pk, one, "access").read("data.json").decode())["tables"]
    wanted = {name for name in tools() if _told_of(one, name)}
    assert wanted >= KNOWN - {"privacy_mark"}
    assert wanted - said.keys() == set()


def _told_of(one: Canary, name: str) -> bool:
    found = one.reach.found.get(name)
    return found is not None and any(
        label.personal and label.export != "excluded" for label in found.table.columns.values()
    )


def test_at_54_an_erasure_takes_the_tools_as_their_labels_say(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)
    erasure, state = erase(organisation.pk, one.person)
    with speaking_for(organisation.pk):
        kept = {entry.table: entry for entry in service.status(erasure).kept}
    assert state == "done"
    owned = [name for name in tools() if (found := one.reach.found.get(name)) and found.owning]
    stays = {name for name in owned if _duty(one, name)}
    assert stays, "a duty keeps some"
    assert stays < set(owned), "and not all"
    rows = {name: _rows(one, name) for name in owned}
    assert [name for name in owned if rows[name] and name not in stays] == []
    assert {name for name in stays if rows[name]} <= kept.keys()
    assert all(kept[name].until and kept[name].why for name in stays & kept.keys())


def _duty(one: Canary, name: str) -> bool:
    found = one.reach.found[name]
    links = {found.table.columns[way.column] for way in found.owning if way.column}
    return any(retained(label) for label in links) and not goes_whole(found)


def _rows(one: Canary, name: str) -> int:
    row = one.connection.execute(
        f"SELECT count(*) FROM {name} t WHERE {one.reach.owned(name)}".encode(),
        {"organisation": one.organisation, "person": one.person, "account": one.account, "email": None,
         "elsewhere": False},
    ).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def test_at_54_a_mark_of_who_was_erased_names_nobody(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)
    person, account = one.rows["fleet_person"], one.rows["accounts_account"]
    erasure, _ = erase(organisation.pk, one.person)

    rows = owner_connection.execute(
        "SELECT kind, tag, m::text FROM privacy_mark m WHERE organisation_id = %s", (organisation.pk,)
    ).fetchall()
    kinds = {row[0]: bytes(row[1]) for row in rows}
    values: dict[str, str] = {
        "person": str(one.person), "account": str(one.account), "email": account["email"], "number": person["number"],
        "name": person["first_name"] + person["last_name"],
    }  # fmt: skip
    assert kinds.keys() == values.keys()
    for kind, value in values.items():
        assert not [text for _, _, text in rows if len(value) > 6 and value in text]
        for way in ("sha256", "sha1", "md5", "blake2b"):
            for form in (value, value.casefold(), f"{organisation.pk}{value}", f"{kind}{value}"):
                assert hashlib.new(way, form.encode()).digest()[:32] != kinds[kind], "anybody could make it"
    ledger = marks.ledger().path.read_bytes()
    assert marks.main_tag(open_vault(), Subject(organisation.pk, one.person)).hex().encode() in ledger
    assert str(one.person).encode() not in ledger
    left = "SELECT e::text FROM privacy_erasure e WHERE id = %s"
    (said,) = owner_connection.execute(left, (erasure,)).fetchone()  # type: ignore[misc]
    assert str(one.person) not in said
    assert account["email"] not in said
