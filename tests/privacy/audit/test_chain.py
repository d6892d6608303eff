"""AT-46, without a database: whatever is done to a chain without its key is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.privacy.audit.chain import START, Entry, Fault, Head, faults, seal

KEY = b"k" * 32
BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)


def chain(count: int, key: bytes = KEY, since: Entry | None = None) -> list[Entry]:
    made: list[Entry] = []
    for number in range(since.number + 1 if since else 1, count + 1):
        before = made[-1] if made else since
        entry = Entry(7, number, BEGIN + timedelta(minutes=number), "account:3", "person.opened", f"person:{number}",
                      {"days": number}, before.mac if before else START)  # fmt: skip
        made.append(replace(entry, mac=seal(key, entry)))
    return made


def test_a_whole_chain_has_no_fault() -> None:
    whole = chain(20)
    assert list(faults(KEY, whole, [Head(7, 12, whole[11].mac), Head(7, 20, whole[19].mac)])) == []
    assert list(faults(KEY, [])) == []


@given(
    st.integers(0, 9),
    st.sampled_from(
        [
            lambda e: replace(e, actor="account:4"), lambda e: replace(e, about="person:0"),
            lambda e: replace(e, action="person.closed"), lambda e: replace(e, details={"days": 0}),
            lambda e: replace(e, at=e.at + timedelta(microseconds=1)), lambda e: replace(e, mac=bytes(32)),
            lambda e: replace(e, organisation=8),
        ]
    ),
)  # fmt: skip
def test_at_46_an_edited_entry_is_found(place: int, edit: Callable[[Entry], Entry]) -> None:
    entries = chain(10)
    entries[place] = edit(entries[place])
    assert entries[place].number in {fault.number for fault in faults(KEY, entries)}


@given(st.integers(0, 8), st.integers(1, 3))
def test_at_46_what_is_taken_out_of_the_middle_is_found(place: int, many: int) -> None:
    entries = chain(10)
    del entries[place : min(place + many, 9)]
    assert Fault(7, place + 1, "missing") in list(faults(KEY, entries))


@given(st.integers(0, 9))
def test_at_46_a_cut_tail_is_found_by_the_head_that_was_written_down(kept: int) -> None:
    entries = chain(10)
    head = Head(7, 10, entries[-1].mac)
    assert list(faults(KEY, entries[:kept])) == []
    assert list(faults(KEY, entries[:kept], [head])) == [Fault(7, 10, "cut")]


def test_at_46_a_tail_made_anew_without_the_key_is_found() -> None:
    entries = chain(10)
    forged = [*entries[:5], *chain(10, key=b"x" * 32, since=entries[4])]
    assert Fault(7, 6, "changed") in list(faults(KEY, forged))


def test_at_46_a_tail_made_anew_with_the_key_is_found_by_the_head() -> None:
    entries = chain(10)
    head = Head(7, 10, entries[-1].mac)
    other = replace(entries[4], details={"days": 99}, mac=b"")
    anew = [*entries[:4], replace(other, mac=seal(KEY, other))]
    anew += chain(10, since=anew[-1])
    assert list(faults(KEY, anew)) == []
    assert list(faults(KEY, anew, [head])) == [Fault(7, 10, "changed")]


@pytest.mark.parametrize("details", [{}, {"a": 1, "b": ["x", 2]}, {"é": "ü", "day": "2026-11-02"}])
def test_the_seal_does_not_depend_on_the_order_of_details(details: dict[str, object]) -> None:
    entry = Entry(1, 1, BEGIN, "operator:console", "vault.opened", "", details, START)
    turned = replace(entry, details=dict(reversed(details.items())))
    assert seal(KEY, entry) == seal(KEY, turned)
