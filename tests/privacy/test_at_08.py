"""AT-08: a person who fills every labelled column is erased; no word of him stands anywhere but where a duty says."""

from __future__ import annotations

from typing import Any

import psycopg

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import labels
from allconnects.privacy.erasure import service
from allconnects.privacy.subjects import reach
from tests.privacy.canary import seen
from tests.privacy.rights import canary, erase


def test_every_table_with_personal_data_leads_to_its_people(owner_connection: psycopg.Connection[Any]) -> None:
    assert reach(owner_connection).nowhere == ()


def test_a_table_that_says_nobody_says_why() -> None:
    assert all(len(table.nobody.split()) > 3 for table in labels.tables().values() if table.nobody)


def test_nothing_of_an_erased_person_stays(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)
    assert len({token.table for token in one.tokens}) > 30

    erasure, state = erase(organisation.pk, one.person)

    with speaking_for(organisation.pk):
        progress = service.status(erasure)
    assert state == "done", progress
    mine = [token for token in one.tokens if not token.label.erasure.startswith("retain:")]
    mine = [token for token in mine if not _somebody_elses(one.reach, token.table, token.label.erasure)]
    found = seen(owner_connection, [token.text for token in mine])
    assert not found, {(token.table, token.column): found[token.text] for token in mine if token.text in found}
    ids = seen(owner_connection, [str(one.person)])
    kept = {kept.table for kept in progress.kept}
    assert ids.get(str(one.person), set()) <= kept | {one.reach.people}
    assert all(kept.why and kept.until and kept.rows for kept in progress.kept)


def _somebody_elses(found: Any, table: str, erasure: str) -> bool:
    """Rows that he only touched, of things that are the firm's: they stay, without him."""
    one = found.found.get(table)
    return one is None or not (one.owning or one.within) or erasure == "unlink"
