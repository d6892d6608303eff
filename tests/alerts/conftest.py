"""These tests import Django models; rules are tried on positions that are really stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.telemetry.store.news import NOTE
from allconnects.telemetry.store.rows import HAS_PLACE, HAS_TIME, VALID
from tests import database

database.prepare()

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation

NOON = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
"""Of a day whose partition is there: today, at eleven or noon in Brussels."""
BRUSSELS_SQUARE = (50.8467, 4.3525)


class Fleet:
    """One organisation's devices, and what they send."""

    def __init__(self, organisation: Organisation, owner: psycopg.Connection[Any]) -> None:
        self.organisation, self.owner = organisation, owner
        self._content = 0

    def device(self, name: str = "Van 1", kind: str = "vehicle") -> int:
        row = self.owner.execute(
            "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
            "VALUES (%s, %s, %s, md5(random()::text), '', '', now()) RETURNING id",
            (self.organisation.pk, name, kind),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def send(
        self,
        device: int,
        at: datetime,
        *,
        speed: float = float("nan"),
        place: tuple[float, float] = BRUSSELS_SQUARE,
        received: datetime | None = None,
        **attributes: Any,
    ) -> None:
        """One position of a device, as the gateway stores it."""
        self._content += 1
        received = received or at
        self.owner.execute("SELECT telemetry_make_partition(%s)", (received.astimezone(UTC).date(),))
        self.owner.execute(
            "INSERT INTO telemetry_position VALUES (%s, %s, %s, %s, %s, %s, %s, 'NaN', %s, 'NaN', 9, %s, %s)",
            (
                at, received, self._content, self.organisation.pk, device, round(place[0] * 1e7),
                round(place[1] * 1e7), speed, VALID | HAS_PLACE | HAS_TIME,
                b"J" + json.dumps(attributes, sort_keys=True).encode(),
            ),
        )  # fmt: skip
        self.owner.execute(NOTE, (received, [self.organisation.pk]))
        self.owner.execute(
            "INSERT INTO telemetry_live (organisation_id, device_id, report_at) VALUES (%s, %s, %s) "
            "ON CONFLICT (organisation_id, device_id) "
            "DO UPDATE SET report_at = greatest(telemetry_live.report_at, excluded.report_at)",
            (self.organisation.pk, device, received),
        )

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """The clock at a moment, inside a transaction of the organisation."""
        with clock.at(moment), speaking_for(self.organisation.pk):
            yield


@pytest.fixture
def fleet(organisation: Organisation, owner_connection: psycopg.Connection[Any]) -> Fleet:
    """The fleet of the organisation of this test."""
    return Fleet(organisation, owner_connection)


@pytest.fixture
def make_rule(fleet: Fleet) -> Callable[..., Any]:
    """``make_rule(kind, params, **fields)``: a live rule."""
    from allconnects.alerts.services import rules

    def make(kind: str = "speeding", params: dict[str, Any] | None = None, **given: Any) -> Any:
        fields = {"name": f"{kind} rule", "kind": kind, "params": params or {}, "state": "live", **given}
        # What happened before a rule was live is not told: it is so since yesterday, whatever the time of the test.
        with fleet.at(NOON - timedelta(days=1)):
            return rules.add(fleet.organisation, fields)

    return make


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
