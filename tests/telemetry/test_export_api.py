"""Files of a track from the API: which fixes, who gets them, and one clear answer to a range that is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client

from allconnects.kit import clock
from allconnects.trips import files
from tests.telemetry.store.hot import NOON, Yard, at

DAY = datetime.fromtimestamp(NOON / 1000, UTC).date().isoformat()
HOUR = 3_600_000


@pytest.fixture
def download(token_of: Callable[..., str], stranger: Client) -> Callable[..., Any]:
    """``download(path)``: the answer to a program of the organisation, its content under ``body``."""
    secret = token_of(["positions:read"])

    def call(path: str) -> Any:
        response: Any = stranger.get(f"/api/v1/devices/{path}", headers={"Authorization": f"Bearer {secret}"})
        response.body = async_to_sync(collected)(response) if response.streaming else response.content
        return response

    return call


async def collected(response: Any) -> bytes:
    return b"".join([piece async for piece in response.streaming_content])


@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        ("gpx", "application/gpx+xml"),
        ("geojson", "application/geo+json"),
        ("csv", "text/csv; charset=utf-8"),
        ("kml", "application/vnd.google-earth.kml+xml"),
    ],
)
def test_a_file_holds_the_fixes_of_the_range(yard: Yard, download: Any, form: str, content_type: str) -> None:
    device = yard.device()
    yard.send(device, *(at(NOON + n * HOUR) for n in range(4)), received=NOON + 4 * HOUR)
    begin, end = (datetime.fromtimestamp((NOON + n * HOUR) / 1000, UTC).isoformat()[:19] + "Z" for n in (1, 3))
    response = download(f"{device.id}/track.{form}?from={begin}&to={end}")
    assert (response.status_code, response["Content-Type"]) == (200, content_type)
    assert response["Content-Disposition"] == f'attachment; filename="device-{device.id}_{DAY}_{DAY}.{form}"'
    assert response["Cache-Control"] == "no-store"
    if form == "kml":
        assert len(list(ElementTree.fromstring(response.body).iter("{http://www.opengis.net/kml/2.2}when"))) == 2
    else:
        assert files.parse(response.body).time_ms.tolist() == [NOON + HOUR, NOON + 2 * HOUR]


def test_today_is_what_is_not_said(yard: Yard, download: Any) -> None:
    device, now = yard.device(), clock.now_ms()
    yard.send(device, at(now), at(now - 30 * HOUR), received=now)
    response = download(f"{device.id}/track.csv")
    assert files.parse(response.body).time_ms.tolist() == [now]
    today = clock.now().astimezone(ZoneInfo("Europe/Brussels")).date()
    assert f"_{today}_{today}.csv" in response["Content-Disposition"]


def test_dates_are_whole_days_in_brussels(yard: Yard, download: Any) -> None:
    """Summer time ends on the second day: it begins at 22:00 UTC and ends at 23:00 UTC."""
    device = yard.device()
    start = int(datetime(2026, 10, 23, 22, tzinfo=UTC).timestamp() * 1000)
    end = int(datetime(2026, 10, 25, 23, tzinfo=UTC).timestamp() * 1000)
    yard.send(device, *map(at, (start - 1000, start, end - 1000, end)), received=end + 60_000)
    response = download(f"{device.id}/track.csv?from=2026-10-24&to=2026-10-25")
    assert files.parse(response.body).time_ms.tolist() == [start, end - 1000]
    assert download(f"{device.id}/track.csv?from=2026-10-24").body.count(b"\r\n") == 2, "one day by default"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2026-09-01&to=2026-11-01", 200),
        ("from=2026-09-01&to=2026-11-02", 422),
        ("from=2026-09-02&to=2026-09-01", 422),
        ("from=2026-09-01T10:00&to=2026-09-01T10:00", 422),
        ("from=2026-09-01T10:00&to=2026-09-01T10:01", 200),
        ("from=yesterday", 422),
        ("from=2026-02-30", 422),
        ("from=2026-09-01&to=later", 422),
        ("from=0001-01-01", 422),
        ("from=9999-12-31", 422),
        ("from=9999-12-31T23:59:59-14:00", 422),
        ("from=1969-12-31&to=1970-01-01", 422),
    ],
)
def test_a_range_is_clear_and_at_most_62_days(yard: Yard, download: Any, query: str, status: int) -> None:
    response = download(f"{yard.device().id}/track.csv?{query}")
    assert response.status_code == status
    if status == 422:
        assert response.json()["status"] == 422
        assert response.json()["title"].startswith("The range ")
    else:
        assert response.body == b"time,lat,lon,altitude_m,speed_kmh,course_deg\r\n"


def test_another_kind_of_file_is_refused(yard: Yard, download: Any) -> None:
    assert download(f"{yard.device().id}/track.xlsx").status_code == 422


def test_a_device_of_another_organisation_has_no_file(yard: Yard, other_organisation: Any, download: Any) -> None:
    other = Yard(yard.owner, other_organisation.pk, yard.conninfo)
    device = other.device()
    other.close()
    assert download(f"{device.id}/track.gpx").status_code == 404
    assert download("999999999/track.gpx").status_code == 404


def test_the_file_needs_no_connection_while_it_is_read(
    yard: Yard, token_of: Callable[..., str], stranger: Client
) -> None:
    device = yard.device()
    yard.send(device, at(NOON))
    secret = token_of(["positions:read"])
    url = f"/api/v1/devices/{device.id}/track.csv?from={DAY}"
    response = stranger.get(url, headers={"Authorization": f"Bearer {secret}"})
    assert connection.connection is None
    assert async_to_sync(collected)(response).count(b"\r\n") == 2
    assert connection.connection is None


def test_the_page_of_a_device_offers_todays_files(yard: Yard, client_of: Callable[..., Client]) -> None:
    device = yard.device()
    client = client_of("viewer")
    page = client.get(f"/devices/{device.id}/").content.decode()
    for form in ("gpx", "geojson", "csv", "kml"):
        assert f'href="/api/v1/devices/{device.id}/track.{form}"' in page
        assert client.get(f"/api/v1/devices/{device.id}/track.{form}").status_code == 200
