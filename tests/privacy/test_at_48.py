"""AT-48: a masked dump tells of nobody, and a test installation can be filled with it.

A person whose every labelled column holds a word of its own is copied out; no word of him is in the file, and what is
loaded from it holds together. What keeps an unmasked dump out of a test installation, and what does not:
docs/operating.md.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.hashers import check_password

from allconnects.kit import labels
from allconnects.privacy.masking import dump, load, plan
from allconnects.privacy.masking.rules import Masker
from allconnects.products.live_connects.history_words import DISTANCES, ENDS, STARTS, STOPS, WITHIN
from tests.blank import as_owner, blanks
from tests.privacy.canary import Canary, seen

WORD = r"[0-9a-f]{6}x\d+q"
SHOWN = ("privacy_consents_act", "wording_id")
PASSWORD = "eleven cranes on a barge"
_TABLES = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND NOT relispartition"""


@pytest.fixture(scope="module")
def urls() -> Iterator[list[str]]:
    """Three migrated databases that hold nothing."""
    with blanks(3) as made:
        yield made


@pytest.fixture(scope="module")
def canary(urls: list[str]) -> Iterator[Canary]:
    """Somebody who fills the first of them."""
    with as_owner(urls[0]) as connection:
        row = connection.execute(
            "INSERT INTO accounts_organisation (name, slug, takes_unknown_devices, created_at) "
            "VALUES ('A firm', 'a-firm', false, now()) RETURNING id"
        ).fetchone()
        assert row is not None
        one = Canary(connection, row[0])
        one.fill()
        for name, table in labels.tables().items():
            empty = connection.execute(f"SELECT NOT EXISTS (SELECT FROM {name})".encode()).fetchone()
            if table.personal and empty == (True,):  # also where nobody can be found
                one.row(name)
        yield one


@pytest.fixture(scope="module")
def dumped(urls: list[str], canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first database, copied out by the command."""
    path = tmp_path_factory.mktemp("dump") / "masked.gz"
    said = _command(urls[0], "masked-dump", path)
    assert said.returncode == 0, said.stderr
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o077 == 0
    return path


def _command(url: str, name: str, path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ALLCONNECTS_")}
    own = {"DATABASE_URL": url, "ALLCONNECTS_HOME": f"{path.parent}-home"}
    command = [sys.executable, "-m", "allconnects", "privacy", name, str(path), *more]
    return subprocess.run(command, env=kept | own, input=PASSWORD + "\n", capture_output=True, text=True)


def _counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    found = {}
    for (name,) in connection.execute(_TABLES).fetchall():
        row = connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()
        assert row is not None
        found[name] = row[0]
    return found


def _words(canary: Canary) -> dict[str, str]:
    """Every word of a personal column, and where it stands.

    The text that he agreed to is the firm's, and its hash is how he refers to it.
    """
    found = {}
    for name, row in canary.rows.items():
        for column, value in row.items():
            text = bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
            if labels.tables()[name].columns[column].personal and (name, column) != SHOWN:
                found |= {word: f"{name}.{column}" for word in re.findall(WORD, text) if word not in found}
    return found


def test_a_masked_dump_tells_of_nobody_and_holds_together(urls: list[str], canary: Canary, dumped: Path) -> None:
    words = _words(canary)
    text = gzip.decompress(dumped.read_bytes()).decode()
    assert len(words) > 200
    assert set(words.values()) >= {
        "fleet_person.last_name",
        "fleet_team.note",
        "live_message.text",
        "privacy_case.words",
    }
    assert seen(canary.connection, list(words)).keys() == words.keys()
    assert {where for word, where in words.items() if word in text} == set()
    assert not [word for word in words if word.encode().hex() in text]

    said = _command(urls[1], "masked-load", dumped, "--password")

    assert said.returncode == 0, said.stderr
    assert "A firm: sign in as " in said.stdout
    left_out = plan.special()["left_out"]
    with as_owner(urls[1]) as target:
        assert not seen(target, list(words))
        there, here = _counts(canary.connection), _counts(target)
        made = {name for name, why in left_out.items() if why.startswith("made by the migration")}
        assert {name: here[name] for name in left_out.keys() - made} == dict.fromkeys(left_out.keys() - made, 0)
        assert {name: here[name] for name in there.keys() - left_out.keys()} == {
            name: there[name] for name in there.keys() - left_out.keys()
        }
        assert sum(1 for name in there.keys() - left_out.keys() if there[name]) > 50
        _holds_together(target)
        row = target.execute("SELECT count(*) FROM fleet_person WHERE id = %s", (canary.person,)).fetchone()
        assert row == (1,)
        (password,) = target.execute("SELECT password FROM accounts_account ORDER BY id").fetchone() or ("",)
        assert check_password(PASSWORD, password)
        with as_owner(urls[1], autocommit=False) as again, pytest.raises(load.NotEmpty, match="has organisations"):
            load.read(again, dumped)


def _holds_together(target: psycopg.Connection[Any]) -> None:
    """Every constraint is valid, also when it is checked anew, triggers work again, and numbers go on."""
    invalid = "SELECT conname FROM pg_constraint WHERE NOT convalidated"
    assert target.execute(invalid).fetchall() == []
    off = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'"
    assert target.execute(off).fetchall() == []
    keys = """SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
            (SELECT string_agg(format('t.%I = s.%I', b.attname, a.attname), ' AND ')
             FROM unnest(c.conkey, c.confkey) k(own, other)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
             JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.other),
            (SELECT string_agg(format('s.%I IS NOT NULL', a.attname), ' AND ')
             FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey))
        FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
        WHERE c.contype = 'f' AND c.conparentid = 0 AND r.relnamespace = 'public'::regnamespace"""
    asked = target.execute(keys).fetchall()
    assert len(asked) > 100
    for table, other, same, whole in asked:
        query = f"SELECT count(*) FROM {table} s WHERE {whole} AND NOT EXISTS (SELECT FROM {other} t WHERE {same})"
        assert target.execute(query.encode()).fetchone() == (0,), (table, other)
    row = target.execute(
        "INSERT INTO accounts_organisation (name, slug, takes_unknown_devices, created_at) "
        "VALUES ('Next', 'next', false, now()) RETURNING id > (SELECT max(id) FROM accounts_organisation)"
    ).fetchone()
    assert row == (True,)


def test_a_column_without_a_label_refuses_the_whole_dump(urls: list[str], canary: Canary, tmp_path: Path) -> None:
    canary.connection.execute("ALTER TABLE fleet_person ADD COLUMN nobody_said text")
    try:
        with as_owner(urls[0], autocommit=False) as connection, pytest.raises(plan.Unmaskable, match="nobody_said"):
            dump.write(connection, tmp_path / "masked.gz")
    finally:
        canary.connection.execute("ALTER TABLE fleet_person DROP COLUMN nobody_said")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_masked_dump_or_half_of_one_is_not_loaded(dumped: Path, tmp_path: Path, urls: list[str]) -> None:
    with as_owner(urls[2], autocommit=False) as connection:
        whole = gzip.decompress(dumped.read_bytes())
        for name, content in (
            ("real.sql", b"--\n-- PostgreSQL database dump\n--\n"),
            ("real.sql.gz", gzip.compress(b"--\n-- PostgreSQL database dump\n--\n")),
            ("json.gz", gzip.compress(b'{"table": "accounts_account", "columns": ["id"]}\n')),
            ("cut.gz", dumped.read_bytes()[:-2000]),
            ("lines.gz", gzip.compress(whole[: whole.rindex(b"\n", 0, -1) + 1])),
            ("row.gz", gzip.compress(b"\n".join(_without_a_row(whole.split(b"\n"))))),
        ):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(load.NotLoadable):
                load.read(connection, tmp_path / name)
            assert connection.execute("SELECT count(*) FROM accounts_organisation").fetchone() == (0,), name
            connection.rollback()


def _without_a_row(lines: list[bytes]) -> list[bytes]:
    place = next(n for n, line in enumerate(lines) if line.startswith(b'{"table":"live_message"')) + 1
    return lines[:place] + lines[place + 1 :]


def test_every_name_in_the_list_of_what_is_special_is_there() -> None:
    said, known = plan.special(), labels.tables()
    assert said["left_out"].keys() <= known.keys()
    assert {*STARTS, *ENDS, *WITHIN, *STOPS, *DISTANCES} == set(said["words"]["spoken"])
    assert [name for name in said["columns"] if name.split(".")[1] not in known[name.split(".")[0]].columns] == []


def test_a_mask_is_the_same_everywhere_in_a_dump_and_another_in_the_next() -> None:
    one, other = Masker(), Masker()
    assert one.email("Ann@example.org") == one.email("ann@example.org") != other.email("ann@example.org")
    assert one.email("ann@example.org").endswith("@masked.invalid")
    assert len(one.text("Ann of the third floor", spaced=True)) == 22
    assert one.text("Ann of the third floor") != other.text("Ann of the third floor")
    assert len({one.unique(f"1-ABC-{n:03}", 20) for n in range(1000)}) == 1000
    assert one.actor("account:7") == "account:7"
    assert one.actor("operator:ann") != "operator:ann"


def test_json_keeps_its_form_and_loses_its_words() -> None:
    given = '{"who": "Ann", "kind": "van", "at": "08:00", "lat": 50.85, "days": [1, "2026-01-31"], "Ann": true}'
    found = Masker().document(given, {"van"}, nowhere=False)
    assert "Ann" not in found
    assert "50.85" not in found
    for kept in ('"kind": "van"', '"at": "08:00"', '"days": [1, "2026-01-31"]', "true"):
        assert kept in found
    assert "quay" not in Masker().document('{"sites": {"quay": [2, 36000]}}', {"quay"}, nowhere=False)
    assert "0470123456" not in Masker().document('{"phone": "0470123456"}', (), nowhere=False)
