"""What the command line says when there is no database, and an organisation that nobody is a member of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

Done = subprocess.CompletedProcess[str]


def called(*arguments: str, **environ: str) -> Done:
    command = [sys.executable, "-m", "allconnects", *arguments]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def test_without_a_database_there_is_one_line_and_no_trace(tmp_path: Path) -> None:
    home = {"ALLCONNECTS_HOME": str(tmp_path), "ALLCONNECTS_VAULT_ROOT": str(tmp_path / "root"), "DATABASE_URL": ""}
    done = called("organisation", "create", "Nowhere", **home)
    assert done.returncode == 1
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if line.startswith("allconnects: the database does not answer")]
    assert "Traceback" not in done.stderr


def test_without_an_owner_nobody_is_invited(database: None, owner_connection: psycopg.Connection[Any]) -> None:
    done = called("organisation", "create", "Phones of nobody")
    assert done.returncode == 0, done.stderr
    slug = done.stdout.strip()
    row = owner_connection.execute(
        "SELECT o.takes_unknown_devices, (SELECT count(*) FROM accounts_invitation i WHERE i.organisation_id = o.id), "
        "(SELECT count(*) FROM accounts_membership m WHERE m.organisation_id = o.id) "
        "FROM accounts_organisation o WHERE o.slug = %s",
        (slug,),
    ).fetchone()
    assert row == (False, 0, 0)
