"""Life, readiness and numbers."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.test import Client

from allconnects.site import health


def test_healthz_answers_without_database(stranger: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
    stranger.cookies["sessionid"] = "somebody"
    assert stranger.get("/healthz").status_code == 200
    response = stranger.get("/readyz")
    assert (response.status_code, response.content) == (503, b"the database does not answer\n")


def test_readyz_needs_every_migration(stranger: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stranger.get("/readyz").status_code == 200
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "pending", lambda: ["accounts.9999_next"])
    assert stranger.get("/readyz").status_code == 503


def test_metrics_are_in_prometheus_format(stranger: Client) -> None:
    response = stranger.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert b"# TYPE python_info gauge" in response.content
