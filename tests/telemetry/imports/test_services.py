"""Importing: a preview, then pieces that may be broken off and repeated, and the same rows once."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.telemetry.gateway.directory import DeviceRef
from tests.telemetry.store.hot import Yard


def table(count: int, begin: datetime, *, device: str = "") -> bytes:
    lines = ["time,lat,lon,speed_kmh,device"]
    lines += [
        f"{(begin + timedelta(seconds=10 * n)).isoformat()},{50 + n / 1e5:.5f},4.3,40,{device}" for n in range(count)
    ]
    return "\n".join(lines).encode()


@pytest.fixture
def begin() -> datetime:
    """Two days ago: kept, and no longer the present."""
    return (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)


@pytest.fixture
def tenant(yard: Yard, database: None) -> Any:
    """Runs use cases of imports, each in a transaction of its own."""
    from allconnects.accounts.models import Organisation
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.telemetry.imports import services

    class Tenant:
        organisation = Organisation(id=yard.organisation)

        def __getattr__(self, name: str) -> Any:
            def call(*values: Any) -> Any:
                with speaking_for(yard.organisation):
                    return getattr(services, name)(*values)

            return call

        def preview(self, content: bytes, device: DeviceRef | None) -> Any:
            with speaking_for(yard.organisation):
                return services.preview(self.organisation, "a.csv", io.BytesIO(content), device and device.id)

    return Tenant()


def pieces(yard: Yard) -> int:
    row = yard.owner.execute(
        "SELECT count(*) FROM telemetry_importpiece WHERE organisation_id = %s", (yard.organisation,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_preview_writes_nothing_and_says_what_would_come(yard: Yard, tenant: Any, begin: datetime) -> None:
    device = yard.device()
    content = table(30, begin) + f"\n{(begin - timedelta(days=200)).isoformat()},50,4,1,\nnever,50,4,1,".encode()
    row = tenant.preview(content, device)
    assert (row.total, row.too_old, row.wrong, row.devices) == (30, 1, 1, 1)
    assert row.problems == [[33, "time"]]
    assert row.stage == "preview"
    assert yard.times(device) == []


def test_an_import_lands_once_however_often_it_runs(yard: Yard, tenant: Any, begin: datetime) -> None:
    device = yard.device()
    for _ in range(2):
        row = tenant.preview(table(12_000, begin), device)
        assert pieces(yard) == 3
        tenant.start(row.pk)
        row = tenant.advance(row.pk, 60.0)
        assert (row.stage, row.done, row.percent) == ("done", 12_000, 100)
        assert len(yard.times(device)) == 12_000
        assert pieces(yard) == 0, "nothing waits when it has ended"


def test_what_a_killed_worker_wrote_is_not_there_twice(yard: Yard, tenant: Any, begin: datetime) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.telemetry.imports import services

    device = yard.device()
    row = tenant.preview(table(12_000, begin), device)
    tenant.start(row.pk)

    class Killed(Exception): ...

    def killed() -> None:
        with speaking_for(yard.organisation):
            services.advance(row.pk, 0.01)
            raise Killed

    with pytest.raises(Killed):
        killed()
    written = len(yard.times(device))
    assert written >= 5_000
    assert tenant.one_import(row.pk).done == 0, "its transaction is undone, the positions are there"
    assert tenant.advance(row.pk, 60.0).stage == "done"
    assert len(yard.times(device)) == 12_000


def test_cancelling_stops_and_takes_what_waits_away(yard: Yard, tenant: Any, begin: datetime) -> None:
    device = yard.device()
    row = tenant.preview(table(12_000, begin), device)
    tenant.start(row.pk)
    tenant.advance(row.pk, 0.001)
    assert tenant.cancel(row.pk).stage == "cancelled"
    assert pieces(yard) == 0
    assert tenant.advance(row.pk, 1.0).stage == "cancelled"
    assert tenant.start(row.pk).stage == "cancelled"
    assert len(yard.times(device)) == 5_000


def test_rows_may_name_their_device(yard: Yard, tenant: Any, begin: datetime) -> None:
    device = yard.device()
    row = tenant.preview(table(3, begin, device=device.identifier) + b"\n1795158000,50,4,1,stranger", None)
    assert (row.total, row.wrong, row.problems) == (3, 1, [[5, "device"]])
    tenant.start(row.pk)
    tenant.advance(row.pk, 5.0)
    assert len(yard.times(device)) == 3


@pytest.mark.parametrize("content", [b"", b"  \n", b"hello", b"time,lat,lon\n", b"<gpx/>"])
def test_a_file_without_positions_is_refused_and_leaves_nothing(yard: Yard, tenant: Any, content: bytes) -> None:
    with pytest.raises(InvalidInput):
        tenant.preview(content, yard.device())
    assert tenant.imports() == []


def test_another_tenants_device_and_import_do_not_exist(
    yard: Yard, tenant: Any, begin: datetime, other_organisation: Any
) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.telemetry.imports import services

    device = yard.device()
    row = tenant.preview(table(3, begin), device)
    with speaking_for(other_organisation.pk):
        for call in (services.one_import, services.start, services.cancel):
            with pytest.raises(NotFound):
                call(row.pk)
        with pytest.raises(NotFound):
            services.preview(other_organisation, "a", io.BytesIO(table(1, begin)), device.id)
        assert services.imports() == []


def test_what_was_exported_comes_back_the_same(yard: Yard, tenant: Any, begin: datetime) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.telemetry.export import Source, csv, gpx
    from allconnects.telemetry.services import range_track

    first = yard.device()
    row = tenant.preview(table(500, begin), first)
    tenant.start(row.pk)
    tenant.advance(row.pk, 10.0)
    span = ((begin - timedelta(hours=1)).isoformat(), (begin + timedelta(hours=5)).isoformat())
    with speaking_for(yard.organisation):
        track, _, _ = range_track(tenant.organisation, first.id, *span)
    assert len(track) == 500
    for write in (csv, gpx):
        second = yard.device()
        row = tenant.preview(b"".join(write(Source(first.id, track))), second)
        tenant.start(row.pk)
        tenant.advance(row.pk, 10.0)
        with speaking_for(yard.organisation):
            again, _, _ = range_track(tenant.organisation, second.id, *span)
        assert again.time_ms.tolist() == track.time_ms.tolist()
        assert again.lat_e7.tolist() == track.lat_e7.tolist()
        assert again.speed_kmh.tolist() == pytest.approx(track.speed_kmh.tolist(), abs=0.01)


def test_previews_that_nobody_wanted_go(yard: Yard, tenant: Any, begin: datetime) -> None:
    from allconnects.kit import clock

    row = tenant.preview(table(3, begin), yard.device())
    tenant.forget_old()
    assert pieces(yard) == 1
    with clock.at(datetime.now(UTC) + timedelta(days=1, minutes=1)):
        tenant.forget_old()
    assert pieces(yard) == 0
    assert tenant.one_import(row.pk).stage == "cancelled"
