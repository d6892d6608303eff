"""The OpenAPI document is a promise: schemathesis asks every operation what it can think of, beside a second tenant.

``ALLCONNECTS_CONTRACT_EXAMPLES`` (3 by default) says how many generated requests each operation gets, beside those with
the ids of its own things and of the other tenant's.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from allconnects.accounts.access import SCOPES
from allconnects.accounts.models import Account, Organisation
from allconnects.site.api import api
from tests.permissions.matrix import OPERATIONS
from tests.permissions.test_matrix import filled, things_of

EXAMPLES = int(os.environ.get("ALLCONNECTS_CONTRACT_EXAMPLES", "3"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NAMED = {
    "telemetry_device": "name", "fleet_vehicle": "name", "fleet_material": "name", "fleet_person": "last_name",
    "fleet_team": "name", "places_place": "name", "alerts_rule": "name", "alerts_endpoint": "name",
    "forwarding_target": "name", "live_share": "title", "reports_schedule": "title",
}  # fmt: skip
CALLS_OUT = {"POST /forwarding/{target}/test"}
"""Operations that call a server of others at once."""

WITH_TUPLES = {"GET /devices/{device}/track", "GET /places", "GET /places.geojson", "GET /places/{place}",
               "POST /places", "PUT /places/{place}"}  # fmt: skip


class Tenants:
    """Two organisations with one of each thing; the token may do everything in the first."""

    def __init__(self, own: dict[str, Any], others: dict[str, Any], token: str, marker: str) -> None:
        self.own, self.others, self.token, self.marker = own, others, token, marker

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def tenants(
    organisation: Organisation, other_organisation: Organisation, account_of: Callable[..., Account],
    token_of: Callable[..., str], owner_connection: psycopg.Connection[Any],
) -> Tenants:  # fmt: skip
    """The other's things have a name that nothing else has."""
    others = things_of(other_organisation, account_of, owner_connection)
    own = things_of(organisation, account_of, owner_connection)
    marker = f"theirs{secrets.token_hex(8)}"
    for table, column in NAMED.items():
        owner_connection.execute(
            f"UPDATE {table} SET {column} = %s || id::text WHERE organisation_id = %s", (marker, other_organisation.pk)
        )
    return Tenants(own, others, token_of(list(SCOPES)), marker)


@pytest.fixture
def document() -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    """Every operation with its name in the matrix."""
    for result in document.get_all_operations():
        operation = result.ok()
        yield f"{operation.method.upper()} {operation.path.removeprefix('/api/v1')}", operation


def test_generated_requests_meet_what_the_document_says(document: Any, tenants: Tenants) -> None:
    """No 500, no status or shape that is not documented, nothing of the other tenant, for every operation."""
    wrong: list[str] = []
    asked = [
        _generated(key, operation, tenants, wrong) for key, operation in operations(document) if key not in CALLS_OUT
    ]
    assert len(asked) >= len(OPERATIONS) - len(CALLS_OUT) - 1
    assert all(asked)
    assert wrong == []


def _generated(key: str, operation: Any, tenants: Tenants, wrong: list[str]) -> int:
    """Ask an operation what is generated for it; how often, and what was wrong is added to ``wrong``."""
    asked = 0

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def meets(case: Any) -> None:
        nonlocal asked
        asked += 1
        wrong.extend(_complaints(key, case, tenants))

    meets()
    return asked


def _complaints(key: str, case: Any, tenants: Tenants) -> list[str]:
    """What is wrong with the answers to a case as generated, and with its path leading to things of one's own."""
    found = []
    own = filled(OPERATIONS[key].path, tenants.own)
    for path in ({}, own) if own and case.method != "DELETE" else ({},):
        case.path_parameters = {**(case.path_parameters or {}), **path}
        response = case.call(headers=tenants.headers)
        if tenants.marker.encode() in response.content:
            found.append(f"{key}: tells of the other tenant")
        # schemathesis turns tuples of 2020-12 into those of older drafts, then finds that they are none.
        checks = CHECKS[:-1] if key in WITH_TUPLES else CHECKS
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as group:
            found += [f"{key} {response.status_code}: {one}" for one in group.exceptions]
    return found


def test_ids_of_the_other_tenant_are_unknown_in_paths_and_bodies(tenants: Tenants, stranger: Client) -> None:
    """Whatever an operation takes ids of: those of somebody else do not exist, and nothing is done with them."""
    wrong = []
    asked = 0
    for key, operation in OPERATIONS.items():
        for path, body in _foreign(operation, tenants):
            asked += 1
            method, pattern = key.split(" ")
            url = "/api/v1" + re.sub(r"{(\w+)}", lambda m, p=path: str(p[m[1]]), pattern) + operation.query
            sent = json.dumps(body, default=str) if body is not None else ""
            answer = stranger.generic(method, url, sent, "application/json", headers=tenants.headers)
            text = b"" if answer.streaming else answer.content
            if answer.status_code not in (404, 422) or tenants.marker.encode() in text:
                wrong.append(f"{key}: {answer.status_code} {path} {body}")
    assert asked > 50
    assert wrong == []


def _foreign(operation: Any, tenants: Tenants) -> Iterator[tuple[dict[str, Any], Any]]:
    """Path and body of an operation, with ids of the other tenant in the one, then in the other."""
    holds = lambda values: any(str(one).startswith("$") for one in _flat(values))  # noqa: E731
    own_path, own_body = (_put(part, tenants.own) for part in (operation.path, operation.body))
    if holds(operation.path):
        yield _put(operation.path, tenants.others), own_body
    if holds(operation.body):
        yield own_path, _put(operation.body, tenants.others)


def _flat(values: Any) -> Iterator[Any]:
    if isinstance(values, dict):
        values = list(values.values())
    if isinstance(values, list):
        for one in values:
            yield from _flat(one)
    elif values is not None:
        yield values


def _put(values: Any, things: dict[str, Any]) -> Any:
    if isinstance(values, dict):
        return {name: _put(one, things) for name, one in values.items()}
    if isinstance(values, list):
        return [_put(one, things) for one in values]
    return things.get(values, values) if isinstance(values, str) else values


def test_the_command_prints_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    from allconnects.cli import main

    assert main(["openapi"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed["paths"]) == set(api.get_openapi_schema()["paths"])
