"""After a restore: an organisation that left since the backup was made is there again, until it goes once more."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg

from allconnects.kit import clock
from allconnects.privacy.erasure import marks
from allconnects.privacy.offboarding.engine import run, tag_of
from allconnects.privacy.vault import Vault

Raw = psycopg.Connection[Any]
_AGAIN = """
    INSERT INTO privacy_offboarding (organisation_id, id, state, asked_at, due_at) VALUES (%s, %s, 'waiting', %s, %s)
    ON CONFLICT (organisation_id) DO UPDATE SET state = 'waiting', due_at = excluded.due_at, steps = '[]'"""
_BEGUN = "SELECT organisation_id FROM privacy_offboarding WHERE state IN ('erasing', 'partial')"


def returned(raw: Raw, vault: Vault) -> list[int]:
    """Organisations that the ledger names and the database has all the same. ``raw``: of the role ``owner``."""
    gone = marks.ledger().tags(vault.name())
    going = {row[0] for row in raw.execute(_BEGUN)}
    there = [row[0] for row in raw.execute("SELECT id FROM accounts_organisation ORDER BY id").fetchall()]
    return [one for one in there if one not in going and tag_of(vault, one) in gone]


def replay(raw: Raw, vault: Vault) -> list[str]:
    """Have them leave again. Returns the states."""
    states = []
    for organisation in returned(raw, vault):
        now = clock.now()
        raw.execute(_AGAIN, (organisation, uuid4(), now, now))
        states.append(run(organisation, vault=vault, now=True))
    return states
