"""AT-11: a backup from before an erasure brings nobody back: nothing starts on it until he was erased again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from allconnects.accounts.models import Organisation
from allconnects.privacy.erasure import replay
from allconnects.privacy.subjects.reach import retained
from tests.privacy.canary import Canary, seen
from tests.privacy.rights import canary, erase
from tests.waiting import PATIENCE_S

_KEY = """
    SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = %s::regclass AND i.indisprimary"""
_PLAIN = """
    SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = ''"""


class Backup:
    """What stood in the tables of an organisation; ``restore`` puts it back as a copy from then has it."""

    def __init__(self, one: Canary) -> None:
        self.raw, self.rows = one.connection, {}
        for name, row in one.rows.items():
            found = one.reach.found.get(name)
            if found and all(retained(label) for label in found.table.columns.values() if label.personal):
                continue
            keys = [found[0] for found in self.raw.execute(_KEY, (name,))]
            if stored := self._stored(name, keys, row):
                self.rows[name] = (keys, stored)

    def _stored(self, name: str, keys: list[str], row: dict[str, Any]) -> Any:
        test = " AND ".join(f't."{key}" = %({key})s' for key in keys) or "false"
        found = self.raw.execute(f"SELECT row_to_json(t) FROM {name} t WHERE {test}".encode(), row).fetchone()
        return found[0] if found else None

    def restore(self, organisation: int) -> None:
        for table in ("privacy_mark", "privacy_erasure", "telemetry_private"):
            self.raw.execute(f"DELETE FROM {table} WHERE organisation_id = %s".encode(), (organisation,))
        for name, (keys, row) in self.rows.items():
            if self._stored(name, keys, row) == row:
                continue
            columns = [found[0] for found in self.raw.execute(_PLAIN, (name,))]
            listed = ", ".join(f'"{one}"' for one in columns)
            sets = ", ".join(f'"{one}" = excluded."{one}"' for one in columns if one not in keys)
            taken = ", ".join(f'"{one}"' for one in keys)
            what = f"UPDATE SET {sets}" if sets else "NOTHING"
            self.raw.execute(
                f"INSERT INTO {name} ({listed}) OVERRIDING SYSTEM VALUE SELECT {listed} "
                f"FROM jsonb_populate_record(NULL::{name}, %s) ON CONFLICT ({taken}) DO {what}".encode(),
                (json.dumps(row),),
            )


def test_nothing_serves_from_an_old_backup_before_who_was_erased_is_erased_again(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)
    backup = Backup(one)
    assert erase(organisation.pk, one.person)[1] == "done"
    replay.check()
    words = [token.text for token in one.tokens if token.table in backup.rows and _goes(one, token.table, token.label)]
    assert len(words) > 50
    assert seen(owner_connection, words) == {}

    backup.restore(organisation.pk)
    assert len(seen(owner_connection, words)) == len(set(words))
    with pytest.raises(replay.NotReplayed, match="privacy replay"):
        replay.check()
    _nothing_starts()
    command = [sys.executable, "-m", "allconnects", "privacy", "replay"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=4 * PATIENCE_S, check=True).stdout
    assert said == "erased again: 1; begun, and carried on by the worker: 0\n"

    replay.check()
    assert seen(owner_connection, words) == {}
    assert replay.replay() == replay.Replayed(0, 0)


def test_a_replay_that_was_killed_is_taken_up(
    owner_connection: psycopg.Connection[Any], organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = canary(owner_connection, organisation.pk)
    backup = Backup(one)
    erase(organisation.pk, one.person)
    backup.restore(organisation.pk)

    def killed(_run: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(replay.engine._ACTIONS, "rows", killed)
        with pytest.raises(KeyboardInterrupt):
            replay.replay()

    with pytest.raises(replay.NotReplayed):
        replay.check()
    assert replay.replay() == replay.Replayed(1, 0)
    replay.check()


def _goes(one: Canary, table: str, label: Any) -> bool:
    found = one.reach.found.get(table)
    return bool(found and (found.owning or found.within)) and not retained(label) and label.erasure != "unlink"


def _nothing_starts() -> None:
    """Each process says why in one line."""
    made = {
        name: subprocess.Popen([sys.executable, "-m", "allconnects", name], stderr=subprocess.PIPE, env=os.environ)
        for name in ("gateway", "web", "worker")
    }
    for name, process in made.items():
        said = process.communicate(timeout=4 * PATIENCE_S)[1].decode()
        assert (name, process.returncode) == (name, 1)
        assert said.startswith("allconnects: this database was put back"), said
        assert said.count("\n") == 1
