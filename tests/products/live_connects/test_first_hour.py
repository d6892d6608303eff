"""The first steps are read from what stands, go away when all is done or when somebody puts them away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.test import Client

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.products.live_connects.first_hour import steps
from tests.reports.firm import Firm


def done(organisation: Organisation) -> list[str]:
    with speaking_for(organisation.pk):
        return [one.key for one in steps(organisation) if one.done]


def test_each_step_is_done_when_it_is(
    organisation: Organisation,
    other_organisation: Organisation,
    owner_connection: psycopg.Connection[Any],
    client_of: Callable[..., Client],
) -> None:
    client = client_of("owner")
    strange = Firm(owner_connection, other_organisation.pk)
    strange.vehicle("Theirs")
    assert done(organisation) == []
    assert client.get("/").headers["Location"] == "/start/"
    assert client.get("/start/").content.decode().count('data-done="0"') == 5
    firm = Firm(owner_connection, organisation.pk)
    firm.put(
        "reports_profile", name="", street="Street 1", city="", vat="", contact="", logo=b"", logo_type="",
        classify_days=7,
    )  # fmt: skip
    assert done(organisation) == ["details"]
    _vehicle, device = firm.vehicle("Van")
    assert done(organisation) == ["details", "device", "vehicle"]
    assert client.get("/").headers["Location"] == "/map/"
    assert "/start/" in client.get("/overview/").content.decode()
    now = datetime.now(UTC)
    firm.put("telemetry_live", device_id=device, report_at=now, fix_time=now, lat_e7=0, lon_e7=0)
    client_of("planner")
    assert done(organisation) == ["details", "device", "position", "vehicle", "colleague"]
    assert "/start/" not in client.get("/overview/").content.decode()


def test_whoever_put_them_away_is_left_alone(organisation: Organisation, client_of: Callable[..., Client]) -> None:
    mine, hers = client_of("manager"), client_of("manager")
    for _twice in range(2):
        assert mine.post("/start/", {"away": "1"}).headers["Location"] == "/map/"
    assert mine.get("/").headers["Location"] == "/map/"
    assert hers.get("/").headers["Location"] == "/start/"
    mine.post("/start/", {"away": "0"})
    assert mine.get("/").headers["Location"] == "/start/"
    assert client_of("viewer").get("/").headers["Location"] == "/map/"
    assert client_of("viewer").get("/start/").status_code == 403
