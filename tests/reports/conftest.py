"""These tests import Django models; a firm as rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests import database
from tests.reports.firm import Firm

database.prepare()

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation


@pytest.fixture
def firm(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Firm:
    """The organisation of this test as rows."""
    return Firm(owner_connection, organisation.pk)


@pytest.fixture
def lines(organisation: Organisation) -> Callable[..., list[dict[str, Any]]]:
    """``lines(report, purpose=…, first=…, last=…, …)``: its rows as dictionaries, as a manager gets them."""
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.reports.catalogue import report_of
    from allconnects.reports.running import Reader, ask_of

    def run(key: str, account: Any = None, **given: Any) -> list[dict[str, Any]]:
        report = report_of(key)
        names = [column.key for column in report.columns]
        with speaking_for(organisation.pk):
            ask = ask_of(report, Reader(organisation.pk, "manager", account), given)
            return [dict(zip(names, row, strict=True)) for row in report.rows(ask)]

    return run


@pytest.fixture
def incident(organisation: Organisation, account_of: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """``incident(vehicle, days, *kinds)``: what a manager asks reports with, under a case that an owner granted."""
    from tests.privacy.investigating import granted

    def open_case(vehicle: int, days: dict[str, Any], *kinds: str) -> dict[str, Any]:
        manager = account_of("manager")
        made = granted(
            organisation.pk, manager, account_of("owner"), vehicle=vehicle, what=kinds, first_day=days["first"],
            last_day=days["last"],
        )  # fmt: skip
        return {"purpose": "security_incident", "case": made.pk, "account": manager, **days}

    return open_case
