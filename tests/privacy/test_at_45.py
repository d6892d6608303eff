"""AT-45: a store in a country that is not listed, or without one, keeps the program from starting."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from allconnects.accounts.models import Organisation
from allconnects.kit import config
from allconnects.kit.config import Settings
from allconnects.kit.errors import ConfigError
from allconnects.privacy.registry import editing
from allconnects.privacy.registry.models import Kind
from allconnects.privacy.registry.parties import STORAGE
from allconnects.privacy.registry.places import places
from allconnects.privacy.registry.values import book_of
from tests.privacy.registers import on
from tests.waiting import PATIENCE_S

FAR = "postgresql://u:p@db.example.org/x"


def test_at_45_every_store_of_the_registry_has_a_country() -> None:
    assert places(Settings()) == {one.key: "BE" for one in STORAGE}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"storage_country": "US"}, "'operations' stands in US"),
        ({"backup_country": "US"}, "'backup' stands in US"),
        ({"database_url": FAR}, "ALLCONNECTS_DATABASE_COUNTRY"),
        ({"database_url": FAR, "database_country": "IE"}, "'operations' stands in IE"),
        ({"vault_database_url": FAR}, "ALLCONNECTS_VAULT_COUNTRY"),
        ({"database_url": "postgresql://u@127.0.0.1,db.example.org/x"}, "ALLCONNECTS_DATABASE_COUNTRY"),
        ({"storage_country": ""}, "'operations' stands in "),
    ],
)
def test_at_45_unlisted_or_untagged_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        places(replace(Settings(), **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"database_url": "postgresql://u:p@127.0.0.1:5432/x"},
        {"database_url": "postgresql:///x?host=/run/postgresql"},
        {"database_url": FAR, "database_country": "FI"},
        {"storage_country": "DE", "storage_allowed": ("BE", "DE")},
    ],
)
def test_at_45_listed_places_are_fine(changes: dict[str, Any]) -> None:
    settings = replace(Settings(), **changes)
    assert set(places(settings).values()) <= set(settings.storage_allowed)


@pytest.mark.parametrize("command", ["up", "web", "gateway", "worker"])
def test_at_45_nothing_starts(command: str, tmp_path: Any) -> None:
    """The real command, whose one line on standard error names the setting."""
    environment = {
        "PATH": "/usr/bin:/bin", "ALLCONNECTS_HOME": str(tmp_path / "home"), "DATABASE_URL": FAR,
        "ALLCONNECTS_VAULT_ROOT": str(tmp_path / "root"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "allconnects", command],
        capture_output=True,
        text=True,
        env=environment,
        timeout=4 * PATIENCE_S,
    )
    assert done.returncode != 0
    assert "ALLCONNECTS_DATABASE_COUNTRY" in done.stderr
    assert "Traceback" not in done.stderr


def test_at_45_the_notice_names_exactly_the_places_of_this_server(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from allconnects.privacy import documents

    settings = replace(config.current(), backup_country="CH")
    monkeypatch.setattr(config, "current", lambda: settings)
    with on(organisation) as pk:
        draft = editing.draft(pk)
    assert {key: one["country"] for key, one in draft[Kind.STORAGE].items()} == places()
    text = documents.whole("en", book_of(draft))
    (section,) = [part for part in text.split("## ") if part.startswith("Where data rest")]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
    assert sorted(row[-1].strip(" |") for row in rows) == sorted(places().values())
