"""An organisation as rows, and the API as its programs see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.telemetry.store.hot import Yard

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation


@pytest.fixture
def yard(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Iterator[Yard]:
    """The organisation as rows."""
    from allconnects.kit import db

    made = Yard(owner_connection, organisation.pk, db.conninfo("ingest"))
    yield made
    made.close()


@pytest.fixture
def api(token_of: Callable[..., str], stranger: Any) -> Callable[..., Any]:
    """``api(path)``: the JSON that a program of the organisation gets; with a body it posts."""
    scopes = [
        "positions:read", "devices:read", "devices:write", "devices:waiting", "devices:command", "commands:read",
        "events:read",
    ]  # fmt: skip
    secret: list[str] = []

    def call(path: str, body: Any = None, method: str = "") -> Any:
        secret[:] = secret or [token_of(scopes)]
        method = method or ("get" if body is None else "post")
        extra = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        response = getattr(stranger, method)(
            f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret[0]}"}, **extra
        )
        assert response.status_code < 300, (path, response.status_code, response.content[:300])
        return response.json() if response.content else None

    return call
