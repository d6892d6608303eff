"""Migration: by two at once, never backwards, and the operator's commands on what it made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.test import Client

from allconnects.site.migrate import MigrationError, migrate
from tests.waiting import PATIENCE_S


def test_two_at_once_are_as_good_as_one() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: migrate(), range(2))) == [None, None]


def test_a_newer_schema_is_refused(owner_connection: psycopg.Connection[Any]) -> None:
    owner_connection.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '9999_later', now())"
    )
    try:
        with pytest.raises(MigrationError, match=r"newer version of allconnects \(it has accounts\.9999_later\)"):
            migrate()
    finally:
        owner_connection.execute("DELETE FROM django_migrations WHERE name = '9999_later'")
    migrate()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from allconnects.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=os.environ, timeout=4 * PATIENCE_S
    )


def test_the_operator_founds_an_organisation_and_makes_a_token(stranger: Client) -> None:
    made = command("organisation", "create", "Zwaar Vervoer", "--owner", "Boss@Example.org")
    assert (made.returncode, made.stderr) == (0, "")
    slug, link = made.stdout.split()
    assert slug.startswith("zwaar-vervoer")
    page = stranger.get("/invitation/" + link.partition("/invitation/")[2])
    assert "boss@example.org" in page.content.decode()
    twin = command("organisation", "create", "Zwaar Vervoer", "--owner", "boss@example.org")
    assert twin.stdout.split()[0] != slug
    arguments = ("token", "create", "--organisation", slug, "--name", "Wall")
    token = command(*arguments, "--scopes", "devices:read,positions:read").stdout.strip()
    answer = stranger.get("/api/v1/devices", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, json.loads(answer.content)) == (200, [])
    for wrong in (
        (*arguments, "--scopes", "everything"),
        ("token", "create", "--organisation", "nobody", "--name", "x", "--scopes", "devices:read"),
        ("organisation", "create", "X", "--owner", "nobody"),
        ("organisation", "create", " ", "--owner", "a@example.org"),
    ):
        done = command(*wrong)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_models_and_migrations_agree_and_nothing_is_to_be_complained_of(database: None) -> None:
    """What ``makemigrations --check`` says, and the checks before it, at which it would stop."""
    from django.apps import apps
    from django.core.checks import ERROR, run_checks
    from django.db import connection
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState

    assert [str(one) for one in run_checks() if one.level >= ERROR] == []
    loader = MigrationLoader(connection)
    assert loader.detect_conflicts() == {}
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    assert {room: [str(one) for made in found for one in made.operations] for room, found in changes.items()} == {}
