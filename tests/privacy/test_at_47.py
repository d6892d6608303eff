"""AT-47: what breaks says where, never what with: no canary of locals, parameters, headers or bodies in logs, metrics
or error pages."""

from __future__ import annotations

import io
import logging
import secrets
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.db import connection
from django.test import Client

from allconnects.accounts.models import Organisation
from allconnects.kit import logs
from tests.privacy.numbers import PLANTED

CANARY = "kanarie-Els-Peeters-0487123456"


class Broken(RuntimeError):
    """What handlers are made to raise; its text holds the canary, as errors of databases do."""


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that the process writes to standard error, with logging set up as in production, level debug."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    before = (logging.root.handlers[:], logging.root.level, structlog.get_config())
    logs.setup("test")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(out), cache_logger_on_first_use=False)
    yield out
    logging.root.handlers[:], level, config = before
    logging.root.setLevel(level)
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


def _boom(*_args: Any, **_kwargs: Any) -> Any:
    secret = f"{CANARY} {PLANTED}"
    raise Broken(secret)


PLACES = [
    ("get", "/map/", "allconnects.products.live_connects.views.render"),
    ("get", f"/register/people/?q={CANARY}", "allconnects.fleet.services.register.page_of"),
    ("post", "/register/people/add/", "allconnects.fleet.services.register.save"),
    ("get", f"/trips/?q={CANARY}", "allconnects.products.live_connects.history_months.render"),
    ("get", f"/places/?q={CANARY}", "allconnects.products.live_connects.places.render"),
    ("post", "/organisation/invite/", "allconnects.accounts.services.invite"),
    ("get", "/organisation/leaving/", "allconnects.products.live_connects.leaving_views.entries_of"),
    ("get", "/alerts/", "allconnects.products.live_connects.alerts_views.render"),
    ("get", f"/api/v1/devices?name={CANARY}", "allconnects.telemetry.listing.list_devices"),
    ("get", f"/api/v1/people?q={CANARY}", "allconnects.fleet.services.register.query"),
]
"""Ten handlers, and what in each is made to fail."""


@pytest.mark.parametrize(("method", "url", "target"), PLACES, ids=[url for _, url, _ in PLACES])
def test_a_crash_tells_no_canary(
    method: str, url: str, target: str, client_of: Callable[..., Client], written: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    client = client_of("owner")
    client.raise_request_exception = False
    monkeypatch.setattr(target, _boom)
    body = {"first_name": CANARY, "last_name": PLANTED, "email": f"{CANARY}@example.org", "role": "viewer"}
    headers = {"User-Agent": CANARY, "X-Canary": PLANTED, "Referer": f"http://localhost/?{CANARY}"}
    answer = getattr(client, method)(url, body if method == "post" else None, headers=headers)
    assert answer.status_code == 500
    told = [written.getvalue(), answer.content.decode(), str(dict(answer.headers))]
    told.append(client.get("/metrics").content.decode())
    assert "Broken" in told[0], "the log says what kind of error, so the test can fail"
    assert not [text for text in told if CANARY in text or PLANTED in text]


def test_a_refused_row_tells_no_value(organisation: Organisation, written: io.StringIO) -> None:
    """PostgreSQL quotes the row in its error; the log keeps the kind."""
    from allconnects.accounts.tenancy import speaking_for

    log = structlog.get_logger()
    try:
        with speaking_for(organisation.pk), connection.cursor() as cursor:
            cursor.execute("SELECT %s::integer", [f"{CANARY}{secrets.token_hex(2)}"])
    except Exception:
        log.exception("test.failed", value=CANARY, name=PLANTED)
        logging.getLogger("django.request").exception("bad %s", CANARY)
        logging.getLogger("some.library").error(f"made {CANARY} before")
    said = written.getvalue()
    assert said.count("\n") >= 3
    assert CANARY not in said
    assert PLANTED not in said
