"""Pages of history: days, months and imports as somebody asks for them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import database

database.prepare()


@pytest.fixture
def device(owner_connection: psycopg.Connection[Any], organisation: Any) -> int:
    """A device of the organisation."""
    row = owner_connection.execute(
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "VALUES (%s, 'Van <12>', 'vehicle', %s, '', '', now()) RETURNING id",
        (organisation.pk, f"h-{organisation.pk}"),
    ).fetchone()
    assert row is not None
    return int(row[0])


def upload(client: Client, device: int, text: str) -> Any:
    file = SimpleUploadedFile("a.csv", text.encode())
    return client.post("/trips/import/", {"file": file, "device": str(device)})


def table(count: int) -> str:
    begin = datetime.now(UTC) - timedelta(hours=2)
    rows = [f"{(begin + timedelta(seconds=20 * n)).isoformat()},{50 + n / 1000:.4f},4.3,{n % 60}" for n in range(count)]
    return "\n".join(["time,lat,lon,speed_kmh", *rows])


def test_a_file_is_previewed_started_and_lands_on_the_day(client_of: Callable[..., Client], device: int) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.telemetry.imports import jobs
    from allconnects.telemetry.imports.models import Import

    client = client_of("manager")
    shown = upload(client, device, table(100) + "\nnever,50,4,1")
    assert shown.status_code == 302
    page = client.get(shown["Location"]).content.decode()
    assert "100" in page
    assert "The time is missing or cannot be read." in page
    client.post(f"{shown['Location']}start/")
    status = client.get(f"{shown['Location']}status").json()
    assert (status["stage"], status["total"]) == ("running", 100)
    number = int(shown["Location"].rstrip("/").split("/")[-1])
    organisation = _organisation_of(number)
    with speaking_for(organisation):
        jobs.import_slice(organisation, number)
        jobs.import_slice(organisation, number)
        assert Import.objects.get(pk=number).stage == "done"
    day = (datetime.now(UTC) - timedelta(hours=1)).date().isoformat()
    data = json.loads(client.get(f"/trips/device/{device}/data?day={day}").content)
    assert 0 < len(data["t"]) <= 100
    assert len(data["t"]) == len(data["lat"]) == len(data["kmh"]) == data["count"]


def _organisation_of(number: int) -> int:
    from allconnects.kit import db

    with db.connect("owner") as connection:
        row = connection.execute("SELECT organisation_id FROM telemetry_import WHERE id = %s", (number,)).fetchone()
    assert row is not None
    return int(row[0])


def test_a_file_that_is_none_is_told_beside_the_field(client_of: Callable[..., Client], device: int) -> None:
    client = client_of("manager")
    assert "must name the columns" in upload(client, device, "hello\nworld").content.decode()
    assert "Choose a file." in client.post("/trips/import/").content.decode()


def test_forgotten_imports_are_taken_up_again(client_of: Callable[..., Client], device: int) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.kit import clock
    from allconnects.telemetry.imports import jobs, services

    number = int(upload(client_of("manager"), device, table(5))["Location"].rstrip("/").split("/")[-1])
    organisation = _organisation_of(number)
    with speaking_for(organisation):
        services.start(number)
    asked: list[tuple[int, int]] = []
    real, jobs.go_on = jobs.go_on, lambda *given: asked.append(given)  # type: ignore[assignment]
    try:
        with speaking_for(organisation):
            jobs.tend_imports(organisation)
        assert asked == []
        with clock.at(datetime.now(UTC) + timedelta(minutes=3)), speaking_for(organisation):
            jobs.tend_imports(organisation)
    finally:
        jobs.go_on = real
    assert asked == [(organisation, number)]


def test_a_day_without_trips_says_what_to_do(client_of: Callable[..., Client], device: int) -> None:
    page = client_of("viewer").get(f"/trips/device/{device}/?day=2026-03-29").content.decode()
    assert "No trips on this day" in page
    assert "Van &lt;12&gt;" in page
    settings = json.loads(page.split('id="settings" type="application/json">')[1].split("</script>")[0])
    assert settings["end"] - settings["start"] == 23 * 3_600_000


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none(client_of: Callable[..., Client], device: int, day: str) -> None:
    client = client_of("viewer")
    assert client.get(f"/trips/device/{device}/", {"day": day}).status_code == 302
    assert client.get(f"/trips/device/{device}/data", {"day": day}).status_code == 422


def test_corrections_without_a_reason_are_refused(client_of: Callable[..., Client], device: int) -> None:
    client = client_of("planner")
    for action in ("merge", "split", "correct", "undo"):
        given = {"trip": "x", "next": "1", "correction": "x", "day": "2026-11-02"}
        answer = client.post(f"/trips/device/{device}/{action}/", given)
        assert answer.status_code == 302
        assert answer["Location"].endswith(f"/trips/device/{device}/?day=2026-11-02")
    page = client.get(f"/trips/device/{device}/?day=2026-11-02").content.decode()
    assert page.count("This trip is not there any more") >= 4


def test_months_and_their_files(client_of: Callable[..., Client], device: int) -> None:
    client = client_of("viewer")
    for month in ("2026-11", "nonsense", "0001-01", ""):
        assert client.get("/trips/", {"month": month, "sort": "km", "q": "x", "page": "99"}).status_code == 200
        assert client.get(f"/trips/device/{device}/calendar/", {"month": month}).status_code == 200
    for form in ("csv", "xlsx"):
        answer = client.get(f"/trips/month.{form}?month=2026-11")
        assert answer["Content-Disposition"] == f'attachment; filename="trips-2026-11.{form}"'
        assert client.get(f"/trips/device/{device}/trips.{form}?month=2026-11").status_code == 200
    assert client.get("/trips/month.exe").status_code == 404
    assert io.BytesIO(client.get("/trips/month.xlsx").content).read(2) == b"PK"
