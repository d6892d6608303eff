"""A copy of everything of an organisation: one CSV for each table, and tracks, in a ZIP that is written as it is read.

Made from the labels: secrets of signing in are left out, and what belongs to people alone, not to their organisation.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import structlog

from allconnects.kit import clock, config, db
from allconnects.kit.files import whole
from allconnects.kit.labels import Label, Table
from allconnects.privacy.offboarding import ports, tables
from allconnects.privacy.vault import open_vault

log = structlog.get_logger()
Raw = psycopg.Connection[Any]
_STATE = "UPDATE privacy_offboarding SET copy_state = %s, copy_done = %s, copy_all = %s, copy_at = %s WHERE id = %s"
_MEMBERS = """
    SELECT a.id, a.email, a.name, a.language, m.role, m.created_at AS member_since
    FROM accounts_membership m JOIN accounts_account a ON a.id = m.account_id
    WHERE m.organisation_id = {organisation} ORDER BY a.id"""
SECRETS = "user.authorization.credentials"
READ_ME = """Everything that this organisation had here.

tables/NAME.csv    one file for each table: UTF-8, RFC 4180, the first line names the columns; moments with offset,
                   spans as PostgreSQL writes them, JSON and arrays as text, bytes as \\x and hexadecimal digits
members.csv        who was a member, with role
positions/DEVICE/DAY.csv   positions of a device by day: time (UTC), latitude, longitude (WGS 84), m, km/h, degrees
manifest.json      rows of each table, what each column holds, and what is left out and why
"""


def path(number: UUID) -> Path:
    """Where the file of a leaving is."""
    return config.current().home / "departures" / f"{number}.zip"


def remove(number: UUID) -> None:
    """Take the file away, if there is one."""
    path(number).unlink(missing_ok=True)


def make(organisation: int, number: UUID) -> None:
    """Write the file; it has its name when it is whole. Raises OSError, DatabaseUnavailable, VaultError."""
    file = path(number)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with db.connect("rights", autocommit=True, application="allconnects-offboarding") as connection:
        connection.execute("SELECT set_config('app.organisation', %s, false)", (str(organisation),))
        try:
            with whole(file) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as pack:
                _fill(pack, connection, organisation, number)
        except BaseException:
            connection.execute(_STATE, ("failed", 0, 0, None, number))
            raise
        connection.execute(_STATE, ("ready", 1, 1, clock.now(), number))


def _fill(pack: zipfile.ZipFile, connection: Raw, organisation: int, number: UUID) -> None:
    wanted = [table for table in tables.of_tenants() if table.name not in ports.own()]
    told: dict[str, Any] = {}
    for at, table in enumerate(wanted):
        connection.execute(_STATE, ("waiting", at, len(wanted) + 1, None, number))
        taken, left_out = columns(table)
        if taken:
            listed = ", ".join(f't."{name}"' for name in taken)
            query = f"SELECT {listed} FROM {table.name} t WHERE t.{table.tenant} = {organisation:d}"
            count = _write(pack, f"tables/{table.name}.csv", _copy(connection, query))
            told[table.name] = {"rows": count, "columns": {n: label.category for n, label in taken.items()},
                                "left_out": left_out}  # fmt: skip
    _write(pack, "members.csv", _copy(connection, _MEMBERS.format(organisation=f"{organisation:d}")))
    vault, refused = open_vault(), []
    for name, files in ports.files.all():
        for inside, pieces in files(connection, vault, organisation):
            if inside.endswith("/refused"):
                refused.append(inside.removesuffix("/refused"))
            else:
                _write(pack, f"{name}/{inside}", pieces)
    manifest = {"organisation": organisation, "made_at": clock.now().isoformat(), "tables": told,
                "not_readable": refused, "of_people_only": sorted(ports.own())}  # fmt: skip
    pack.writestr("manifest.json", json.dumps(manifest, indent=1))
    pack.writestr("README.txt", READ_ME)


def columns(table: Table) -> tuple[dict[str, Label], dict[str, str]]:
    """What is handed over of a table, and what is not, with why."""
    taken, left_out = {}, {}
    for name, label in table.columns.items():
        if label.category == SECRETS:
            left_out[name] = "a secret of signing in"
        elif label.erasure.startswith("delete_chunk"):
            left_out[name] = "encrypted; its content is in files"
        else:
            taken[name] = label
    return taken, left_out


def _copy(connection: Raw, query: str) -> Iterator[bytes]:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)".encode()) as found:
        for piece in found:
            yield bytes(piece)


def _write(pack: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> int:
    """Returns how many lines there are after the first, roughly: lines within values count too."""
    lines = 0
    with pack.open(name, "w", force_zip64=True) as member:
        for piece in pieces:
            lines += piece.count(b"\n")
            member.write(piece)
    return max(lines - 1, 0)
