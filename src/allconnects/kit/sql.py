"""Schemas written as plain SQL: what a model cannot say (partitions, functions, policies)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def statements(package: str, path: str) -> Iterator[str]:
    """The statements of a file of a package, one at a time; each ends with a semicolon before a blank line."""
    for statement in files(package).joinpath(*path.split("/")).read_text(encoding="utf-8").split(";\n\n"):
        yield statement.rstrip().rstrip(";")


def run_file(package: str, path: str) -> migrations.RunPython:
    """The operation of a migration that runs such a file."""

    def run(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements(package, path):
            editor.execute(statement, params=None)

    return migrations.RunPython(run, migrations.RunPython.noop)


def numbers(found: Iterable[int]) -> str:
    """Many whole numbers as PostgreSQL reads them, for ``ANY(%s::integer[])``: psycopg takes five times as long."""
    return f"{{{','.join(map(str, found))}}}"
