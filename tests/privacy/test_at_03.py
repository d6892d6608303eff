"""AT-03: a log line with somebody's name, and a field of an answer that a role may not see, fail the build."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import allconnects

ROOT = Path(allconnects.__file__).parent
LOGS = {"debug", "info", "warning", "error", "exception", "critical"}
NAMING = {
    "name", "names", "email", "emails", "address", "phone", "first_name", "last_name", "title", "text", "note", "notes",
    "password", "secret", "token", "latitude", "longitude", "lat", "lon", "lat_e7", "lon_e7", "position", "place",
    "insz", "national_number", "imei", "identifier", "username", "request", "body", "person", "driver", "account",
}  # fmt: skip
"""Attributes and arguments that hold, or may hold, who or where somebody is."""
PROCESSES = {"task.name", "member.name", "watch.member.name"}
"""Names of jobs and processes, not of people."""


def lines(source: str) -> Iterator[tuple[int, str]]:
    """Log lines of a source that name somebody: their number and what they name."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in LOGS:
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id in ("log", "logger", "logging")):
            continue
        for value in [*node.args[1:], *(one.value for one in node.keywords)]:
            for part in ast.walk(value):
                if isinstance(part, ast.Attribute) and part.attr in NAMING and ast.unparse(part) not in PROCESSES:
                    yield node.lineno, ast.unparse(part)
        if node.args and not isinstance(node.args[0], (ast.Constant, ast.Name, ast.IfExp)):
            yield node.lineno, ast.unparse(node.args[0])


def test_at_03_a_log_line_with_a_name_is_found() -> None:
    assert list(lines('log.info("trip.done", driver=person.name)')) == [(1, "person.name")]
    assert list(lines('log.warning(f"no key for {person.email}")'))
    assert list(lines('log.error("x", where=(fix.lat_e7, 1))')) == [(1, "fix.lat_e7")]
    assert list(lines('log.info("trip.done", count=3, error=type(error).__name__)')) == []


def test_at_03_no_log_line_names_anybody() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{number}": what
        for path in ROOT.rglob("*.py")
        for number, what in lines(path.read_text("utf-8"))
    }
    assert found == {}


VISIBLE = {
    "email": "manager", "phone": None, "birth": None, "birth_date": None, "insz": None, "national_number": None,
    "home": None, "first_name": "planner", "last_name": "planner", "employee_number": "planner", "lat": "viewer",
    "lon": "viewer", "address": "viewer",
}  # fmt: skip
"""The lowest role that may see a field in an answer of the API; None: nobody by that way."""


def fields(spec: dict[str, Any], schema: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Names of all fields of an answer, those of what is inside of it too."""
    if isinstance(schema, list):
        for one in schema:
            yield from fields(spec, one, seen)
    if not isinstance(schema, dict):
        return
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name and name not in seen:
        yield from fields(spec, spec["components"]["schemas"][name], seen | {name})
    for key, inner in schema.get("properties", {}).items():
        yield key
        yield from fields(spec, inner, seen)
    for word in ("items", "anyOf", "allOf", "oneOf", "additionalProperties"):
        yield from fields(spec, schema.get(word), seen)


def too_much(spec: dict[str, Any], scope_of: dict[str, str | None]) -> set[tuple[str, str]]:
    """Operations and fields that they show to whom they may not be shown."""
    from allconnects.accounts.access import SCOPES, at_least

    found = set()
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            key = f"{method.upper()} {path.removeprefix('/api/v1')}"
            scope = scope_of[key]
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    for field in fields(spec, content["schema"]):
                        needed = VISIBLE.get(field, "driver")
                        if needed is None or scope is None or not at_least(SCOPES[scope], needed):
                            found.add((key, field))
    return found


def test_at_03_no_answer_shows_more_than_its_role_may_see(database: None) -> None:
    from allconnects.site.api import api
    from tests.permissions.matrix import OPERATIONS

    spec = api.get_openapi_schema()
    scopes = {key: one.scope for key, one in OPERATIONS.items()}
    open_to_all = {(key, field) for key, field in too_much(spec, scopes) if scopes[key] is None}
    assert {field for _key, field in open_to_all} & set(VISIBLE) == set()
    assert too_much(spec, scopes) - open_to_all == set()


def test_at_03_a_field_above_visibility_is_found(database: None) -> None:
    spec = {
        "components": {"schemas": {"Out": {"properties": {"email": {}, "count": {}, "phone": {}}}}},
        "paths": {"/api/v1/x": {"get": {"responses": {"200": {"content": {"application/json": {
            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Out"}}}}}}}}},
    }  # fmt: skip
    assert too_much(spec, {"GET /x": "positions:read"}) == {("GET /x", "email"), ("GET /x", "phone")}
    assert too_much(spec, {"GET /x": "members:read"}) == {("GET /x", "phone")}
