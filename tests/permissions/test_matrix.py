"""Every address of the site, asked by everybody: a stranger, another tenant, each role, tokens."""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from psycopg.types.json import Jsonb

from allconnects.accounts.access import SCOPES, at_least
from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.services import digest
from allconnects.site.api import api
from tests.permissions.alert_things import alert_things
from tests.permissions.matrix import ACCOUNT, ANYONE, BASIC, DIRECTORY, OPERATIONS, PAGES, Operation, Page
from tests.permissions.register_things import register_things
from tests.permissions.registry_things import registry_things
from tests.permissions.request_things import request_things
from tests.reports.firm import Firm

ROLES = ("driver", "viewer", "planner", "manager", "owner")
ROWS = [(name, page) for name, pages in PAGES.items() for page in (pages if isinstance(pages, list) else [pages])]
each_page = pytest.mark.parametrize(("name", "page"), ROWS, ids=[f"{n}-{p.method}" for n, p in ROWS])
each_operation = pytest.mark.parametrize("key", OPERATIONS)


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Full names of all addresses of a resolver; one without a name counts under its pattern."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield prefix + (entry.name or str(entry.pattern))
        else:
            yield from names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)


def test_every_page_is_listed() -> None:
    present = {name for name in names(get_resolver()) if not name.startswith("api:")}
    assert present - set(PAGES) - set(BASIC) - set(DIRECTORY) == set(), "say in matrix.py who may call these"
    assert (set(PAGES) | set(BASIC) | set(DIRECTORY)) - present == set(), "these exist no longer"


def test_every_operation_is_listed() -> None:
    present = {"GET /openapi.json"}
    for path, methods in api.get_openapi_schema()["paths"].items():
        present |= {f"{method.upper()} {path.removeprefix('/api/v1')}" for method in methods}
    assert present == set(OPERATIONS)
    assert {name for name in names(get_resolver()) if name.startswith("api:")} >= {"api:openapi-json"}


def _trip(owner: psycopg.Connection[Any], organisation: int, device: int) -> int:
    owner.execute("SELECT trips_make_partition(current_date)")
    row = owner.execute(
        "INSERT INTO trips_trip VALUES (%s, nextval('trips_number'), %s, NULL, NULL, NULL, now(), now(), 0, 0, 0, 0, "
        "'', '', 0, 'no_odometer', 0, NULL, 0, 0, NULL, 'places', false, false, false, '', true, true, false, '{}', "
        """'x', '{"start": ["movement", []], "end": ["standstill", []]}', now()) RETURNING id""",
        (organisation, device),
    ).fetchone()
    assert row is not None
    return int(row[0])


SHARED_BY = 50
_shared: list[tuple[Organisation, dict[str, Any]]] = []
"""One for each test that asked in it; the last is that of the next."""


def changes_nothing(test: pytest.Function) -> bool:
    """Whether nobody in this test gets so far as to change something."""
    asked: dict[str, Any] = test.callspec.params if hasattr(test, "callspec") else {}
    if "page" in asked:
        method, least = asked["page"].method, asked["page"].who
    elif "key" in asked:
        method, least = asked["key"].split(" ")[0].lower(), SCOPES.get(OPERATIONS[asked["key"]].scope or "", ANYONE)
    else:
        return False
    if method == "get" or "another_tenants_ids" in test.name:
        return True
    if least in (ANYONE, ACCOUNT) or test.originalname == "test_api_with_tokens":
        return False
    return "role" not in asked or not at_least(asked["role"], least)


@pytest.fixture
def organisation(request: pytest.FixtureRequest, make_organisation: Callable[..., Organisation]) -> Organisation:
    """This test's own, or that of fifty who change nothing: making all that an organisation may have takes long."""
    if not changes_nothing(request.node):
        return make_organisation()
    if len(_shared) % SHARED_BY == 0:
        return make_organisation()
    return _shared[-1][0]


@pytest.fixture
def things(
    request: pytest.FixtureRequest, organisation: Organisation, account_of: Callable[..., Account],
    owner_connection: psycopg.Connection[Any],
) -> dict[str, Any]:  # fmt: skip
    """What the first organisation has, by the names that the matrix uses."""
    if not changes_nothing(request.node):
        return things_of(organisation, account_of, owner_connection)
    is_new = not _shared or _shared[-1][0] != organisation
    _shared.append((organisation, things_of(organisation, account_of, owner_connection) if is_new else _shared[-1][1]))
    take_unknown_devices(owner_connection, organisation.pk)
    return _shared[-1][1]


def take_unknown_devices(owner_connection: psycopg.Connection[Any], organisation: int) -> None:
    """Only one organisation may."""
    owner_connection.execute(
        "UPDATE accounts_organisation SET takes_unknown_devices = false WHERE takes_unknown_devices AND id <> %s",
        (organisation,),
    )
    owner_connection.execute(
        "UPDATE accounts_organisation SET takes_unknown_devices = true WHERE NOT takes_unknown_devices AND id = %s",
        (organisation,),
    )


def things_of(
    organisation: Organisation, account_of: Callable[..., Account], owner_connection: psycopg.Connection[Any]
) -> dict[str, Any]:
    """One of each thing that the matrix names."""
    driver = account_of("driver", organisation)
    run = lambda *q: owner_connection.execute(*q).fetchone()[0]  # type: ignore[index]  # noqa: E731
    secret, pk = secrets.token_urlsafe(32), organisation.pk
    take_unknown_devices(owner_connection, pk)
    imei = secrets.token_hex(8)
    device = run(
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "VALUES (%s, 'd', 'vehicle', %s, 'teltonika', '', now()) RETURNING id",
        (pk, imei),
    )
    return {
        **alert_things(run, pk),
        **register_things(run, pk),
        **request_things(run, pk),
        **registry_things(run, pk),
        "$imei": imei,
        "$driver": driver.pk,
        "$share": run(
            "INSERT INTO live_share (organisation_id, title, token_hash, begins_at, ends_at, with_name, precision, "
            "created_at, opened) VALUES (%s, 't', %s, now(), now() + interval '1 day', false, 'exact', now(), 0) "
            "RETURNING id",
            (pk, digest(secrets.token_urlsafe())),
        ),
        "$command": run(
            "INSERT INTO telemetry_command "
            "(organisation_id, device_id, text, state, created_at, expires_at, attempts, reply) "
            "VALUES (%s, %s, 'getver', 'queued', now(), now() + interval '1 hour', 0, '') RETURNING id",
            (pk, device),
        ),
        "$organisation": pk,
        "$invitation_secret": secret,
        "$invitation": run(
            "INSERT INTO accounts_invitation (organisation_id, email, role, token_hash, created_at, expires_at) "
            "VALUES (%s, 'asked@example.org', 'viewer', %s, now(), now() + interval '1 day') RETURNING id",
            (pk, digest(secret)),
        ),
        "$membership": run("SELECT id FROM accounts_membership WHERE account_id = %s", (driver.pk,)),
        "$token": run(
            "INSERT INTO accounts_apitoken (organisation_id, name, token_hash, scopes, created_at) "
            "VALUES (%s, 't', %s, '{devices:read}', now()) RETURNING id",
            (pk, digest(secrets.token_urlsafe())),
        ),
        "$device": device,
        "$breach": run(
            "INSERT INTO privacy_breach (organisation_id, title, noticed_at, what, categories, consequences, measures, "
            "reason, risk, source, created_at, changed_at) "
            "VALUES (%s, 't', now(), '', '{}', '', '', '', 'likely', '', now(), now()) RETURNING id",
            (pk,),
        ),
        "$support": run(
            "INSERT INTO accounts_supportgrant (organisation_id, account_id, ticket, asked_at) "
            "VALUES (%s, %s, '#1', now()) RETURNING id",
            (pk, account_of(None).pk),
        ),
        "$place": run(
            "INSERT INTO places_place (organisation_id, kind, name, number, address, colour, works_declaration, "
            "timezone, dwell_s, shape, west, south, east, north, lon, lat, version, created_at, changed_at) VALUES "
            "(%s, 'site', 'p', '', '', 'blue', '', 'Europe/Brussels', 180, "
            """'{"type": "Circle", "coordinates": [4.4, 51.1], "radius_m": 100}', """
            "4.39, 51.09, 4.41, 51.11, 4.4, 51.1, 1, now(), now()) RETURNING id",
            (pk,),
        ),
        "$import": run(
            "INSERT INTO telemetry_import (organisation_id, form, name, digest, stage, total, done, too_old, wrong, "
            "problems, devices, place, created_at, changed_at) "
            "VALUES (%s, 'csv', 'a', '', 'preview', 0, 0, 0, 0, '[]', 0, 0, now(), now()) RETURNING id",
            (pk,),
        ),
        **of_reports(Firm(owner_connection, pk)),
        "$trip": _trip(owner_connection, pk, device),
        "new": secrets.token_hex(8),
    }


def of_reports(firm: Firm) -> dict[str, Any]:
    person = firm.person("Ann", "Adams")
    return {
        "$report_person": person,
        "$report_team": firm.team("Roofs", person),
        "$report_vehicle": firm.vehicle("Van")[0],
        "$report_schedule": firm.put(
            "reports_schedule", "id", title="t", report="trips", purpose="dispatch", scope=Jsonb({}), form="pdf",
            frequency="weekly", weekday=0, month_day=1, hour=6, attach=False, link_days=7, paused=False,
            created_at=datetime.now(UTC),
        ),
    }  # fmt: skip


def filled(values: dict[str, Any] | None, things: dict[str, Any]) -> dict[str, Any]:
    known = lambda one: things.get(one, one) if isinstance(one, str) else one  # noqa: E731
    return {k: [known(o) for o in v] if isinstance(v, list) else known(v) for k, v in (values or {}).items()}


def ask(client: Client, name: str, page: Page, things: dict[str, Any]) -> HttpResponseBase:
    url = reverse(name, kwargs=filled(page.path, things))
    response: HttpResponseBase = getattr(client, page.method)(url, filled(page.data, things))
    response.close()
    return response


def to_sign_in(response: HttpResponseBase) -> bool:
    return response.status_code == 302 and response.headers["Location"].startswith("/accounts/login/?next=")


def lets_in(response: HttpResponseBase) -> bool:
    return response.status_code in (200, 204, 302, 404, 409, 422) and not to_sign_in(response)


@each_page
def test_strangers(name: str, page: Page, stranger: Client, things: dict[str, Any]) -> None:
    response = ask(stranger, name, page, things)
    assert lets_in(response) if page.who == ANYONE else to_sign_in(response)


@each_page
def test_accounts_without_organisation(
    name: str, page: Page, client_of: Callable[..., Client], things: dict[str, Any]
) -> None:
    response = ask(client_of(None), name, page, things)
    if page.who in (ANYONE, ACCOUNT):
        assert lets_in(response)
    else:
        assert response.status_code == 403


@pytest.mark.parametrize("role", ROLES)
@each_page
def test_roles(name: str, page: Page, role: str, client_of: Callable[..., Client], things: dict[str, Any]) -> None:
    response = ask(client_of(role), name, page, things)
    if page.who in (ANYONE, ACCOUNT) or at_least(role, page.who):
        assert lets_in(response)
        assert response.status_code != 404 or not any(str(v).startswith("$") for v in page.path.values())
    else:
        assert response.status_code in (403, 404)


@pytest.mark.parametrize("name", BASIC)
def test_programs_by_basic(
    name: str, stranger: Client, client_of: Callable[..., Client], token_of: Callable[..., str]
) -> None:
    basic = lambda token: {"Authorization": "Basic " + b64encode(f"any:{token}".encode()).decode()}  # noqa: E731
    others = [scope for scope in SCOPES if scope != BASIC[name]]
    url = reverse(name)
    assert stranger.get(url).status_code == 401
    assert client_of("owner").get(url).status_code == 401
    assert stranger.get(url, headers=basic("ac_unknown")).status_code == 401
    assert stranger.get(url, headers={"Authorization": "Basic nonsense"}).status_code == 401
    assert stranger.get(url, headers=basic(token_of(others))).status_code == 403
    assert stranger.get(url, headers=basic(token_of([BASIC[name]]))).status_code == 200
    assert stranger.post(url, headers=basic(token_of([BASIC[name]]))).status_code == 405


@pytest.mark.parametrize("name", DIRECTORY)
def test_directories_by_token(
    name: str, stranger: Client, client_of: Callable[..., Client], token_of: Callable[..., str]
) -> None:
    method, path = DIRECTORY[name]
    url = reverse(name, kwargs=path)
    ask_by = lambda client, **headers: getattr(client, method)(url, headers=headers).status_code  # noqa: E731
    others = [scope for scope in SCOPES if scope != "directory:write"]
    assert ask_by(stranger) == ask_by(client_of("owner")) == 401
    assert ask_by(stranger, Authorization="Bearer ac_unknown") == 401
    assert ask_by(stranger, Authorization=f"Bearer {token_of(others)}") == 403
    assert ask_by(stranger, Authorization=f"Bearer {token_of(['directory:write'])}") in (200, 404)


WITH_IDS = [
    (name, page)
    for name, page in ROWS
    if page.who not in (ANYONE, ACCOUNT)
    and any(str(v).startswith("$") for v in [*page.path.values(), *page.data.values()])
]


@pytest.mark.parametrize(("name", "page"), WITH_IDS, ids=[name for name, _ in WITH_IDS])
def test_another_tenants_ids_do_not_exist(
    name: str,
    page: Page,
    client_of: Callable[..., Client],
    other_organisation: Organisation,
    things: dict[str, Any],
) -> None:
    assert ask(client_of("owner", other_organisation), name, page, things).status_code == 404


def call(
    client: Client, key: str, things: dict[str, Any], token: str | None = None, query: str | None = None
) -> HttpResponseBase:
    """Call an operation; ``query``: another than the matrix asks."""
    operation: Operation = OPERATIONS[key]
    method, path = key.split(" ")
    query = operation.query if query is None else query
    url = "/api/v1" + re.sub(r"{(\w+)}", lambda m: str(filled(operation.path, things)[m[1]]), path) + query
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = None if operation.body is None else filled(operation.body, things)
    if body is None:
        return client.generic(method, url, headers=headers)
    return client.generic(method, url, json.dumps(body), "application/json", headers=headers)


def reaches(response: HttpResponseBase) -> bool:
    return response.status_code in (200, 201, 202, 204, 404)


@each_operation
def test_api_without_sign_in(key: str, stranger: Client, things: dict[str, Any]) -> None:
    response = call(stranger, key, things)
    assert response.status_code == (200 if OPERATIONS[key].scope is None else 401)


@each_operation
def test_api_with_tokens(key: str, stranger: Client, token_of: Callable[..., str], things: dict[str, Any]) -> None:
    scope = OPERATIONS[key].scope
    if scope is None:
        return
    others = [name for name in SCOPES if name != scope]
    assert call(stranger, key, things, "ac_unknown").status_code == 401
    assert call(stranger, key, things, token_of(others)).status_code == 403
    assert reaches(call(stranger, key, things, token_of([scope])))


@pytest.mark.parametrize("role", ROLES)
@each_operation
def test_api_roles(key: str, role: str, client_of: Callable[..., Client], things: dict[str, Any]) -> None:
    scope = OPERATIONS[key].scope
    response = call(client_of(role), key, things)
    if scope is None or at_least(role, SCOPES[scope]):
        assert reaches(response)
    else:
        assert response.status_code == 403


OF_THINGS = [key for key, one in OPERATIONS.items() if any(str(v).startswith("$") for v in one.path.values())]


@pytest.mark.parametrize("key", OF_THINGS)
def test_api_hides_another_tenants_ids(
    key: str,
    stranger: Client,
    client_of: Callable[..., Client],
    token_of: Callable[..., str],
    other_organisation: Organisation,
    things: dict[str, Any],
) -> None:
    assert call(client_of("owner", other_organisation), key, things).status_code == 404
    assert call(stranger, key, things, token_of(list(SCOPES), other_organisation)).status_code == 404
