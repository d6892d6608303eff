"""Wrapping: what goes in comes out, under the same key, version and associated data, and in no other way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.vault import Vault, keys, person
from allconnects.privacy.vault.errors import Damaged
from tests.privacy.vault.conftest import WHO

KEYS = st.binary(min_size=32, max_size=32)
PARTS = st.lists(st.one_of(st.binary(max_size=8), st.text(max_size=8), st.integers(), st.uuids()), max_size=5)


@given(KEYS, KEYS, st.binary())
def test_there_and_back(parent: bytes, key: bytes, bound: bytes) -> None:
    wrapped = keys.wrap(parent, key, bound)
    assert (len(wrapped), wrapped[0]) == (keys.WRAPPED_BYTES, keys.VERSION)
    assert keys.unwrap(parent, wrapped, bound) == key
    assert keys.wrap(parent, key, bound) != wrapped


@given(KEYS, KEYS, st.binary(), st.integers(0, keys.WRAPPED_BYTES * 8 - 1))
def test_every_bit_counts(parent: bytes, key: bytes, bound: bytes, bit: int) -> None:
    wrapped = bytearray(keys.wrap(parent, key, bound))
    wrapped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Damaged):
        keys.unwrap(parent, bytes(wrapped), bound)


@given(KEYS, KEYS, KEYS, st.binary(), st.binary())
def test_another_key_or_another_place_opens_nothing(
    parent: bytes, wrong: bytes, key: bytes, bound: bytes, elsewhere: bytes
) -> None:
    wrapped = keys.wrap(parent, key, bound)
    if wrong != parent:
        with pytest.raises(Damaged):
            keys.unwrap(wrong, wrapped, bound)
    if elsewhere != bound:
        with pytest.raises(Damaged):
            keys.unwrap(parent, wrapped, elsewhere)
    for cut in (b"", wrapped[:-1], wrapped + b"\0"):
        with pytest.raises(Damaged):
            keys.unwrap(parent, cut, bound)


@given(PARTS, PARTS)
def test_no_two_lists_of_parts_look_the_same(one: list[Any], two: list[Any]) -> None:
    same = [(type(part), part) for part in one] == [(type(part), part) for part in two]
    assert (keys.encoded(*one) == keys.encoded(*two)) == same
    assert (keys.tag(b"k", *one) == keys.tag(b"k", *two)) == same
    assert keys.tag(b"k", *one) != keys.tag(b"l", *one)


def test_keys_are_random() -> None:
    assert len({keys.new_key() for _ in range(1000)}) == 1000


CHANGES: dict[str, object] = {
    "id": None,
    "parent": uuid4(),
    "organisation_id": None,
    "kind": "device",
    "subject": "999",
    "class": "trip",
    "state": "restricted",
    "wrapped": bytes([1]) + bytes(60),
    "created_at": "2020-01-01T00:00:00Z",
    "changed_at": "2020-01-01T00:00:00Z",
}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("level", ["organisation", "subject", "class"])
def test_a_changed_column_is_noticed(
    vault: Vault, admin: psycopg.Connection, tenants: Callable[[], int], column: str, level: str
) -> None:
    """Whatever somebody changes who can write past every privilege: no key comes out of that row."""
    number = tenants()
    vault.key_for_sealing(number, person(1), "raw_position", who=WHO)
    row = admin.execute(
        "SELECT id FROM vault_key WHERE organisation_id = %s AND (kind = 'organisation') = %s AND (class = '*') = %s",
        (number, level == "organisation", level != "class"),
    ).fetchone()
    assert row is not None
    value = tenants() if column == "organisation_id" else uuid4() if column == "id" else CHANGES[column]
    try:
        admin.execute(f"UPDATE vault_key SET {column} = %s WHERE id = %s", (value, row[0]))
    except psycopg.errors.CheckViolation:
        return  # the table itself refused
    vault.cache.forget()
    vault._known.clear()
    subject = person("999") if (level, column) == ("class", "subject") else person(1)
    with pytest.raises(AllconnectsError) as caught:
        vault.keys_for(
            value if column == "organisation_id" else number,  # type: ignore[arg-type]
            [subject], "trip" if column == "class" else "raw_position", "legal_claims", WHO,
        )  # fmt: skip
    assert caught.value.code in ("vault_damaged", "key_missing", "vault_root_missing")


def test_a_row_of_somebody_else_is_noticed(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    """The wrapped key of one person put into the row of another."""
    vault.keys_for_sealing(tenant, [person(1), person(2)], "trip", WHO)
    vault.cache.forget()
    for klass in ("*", "trip"):
        admin.execute(
            "UPDATE vault_key SET wrapped = (SELECT wrapped FROM vault_key WHERE organisation_id = %(o)s "
            "AND subject = '1' AND class = %(c)s) WHERE organisation_id = %(o)s AND subject = '2' AND class = %(c)s",
            {"o": tenant, "c": klass},
        )
        with pytest.raises(Damaged):
            vault.key(tenant, person(2), "trip", purpose="fleet.dispatch", who=WHO)
    assert vault.key(tenant, person(1), "trip", purpose="fleet.dispatch", who=WHO)


def test_ids_are_random(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    vault.keys_for_sealing(tenant, [person(number) for number in range(20)], "trip", WHO)
    ids = [row[0] for row in admin.execute("SELECT id FROM vault_key WHERE organisation_id = %s", (tenant,))]
    assert len(ids) == 41
    assert {(type(one), one.version) for one in ids} == {(UUID, 4)}
