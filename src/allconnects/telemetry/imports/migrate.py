"""Takes devices and positions over from Traccar, in steps that can be broken off anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allconnects.accounts.models import Organisation
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.telemetry import services as devices
from allconnects.telemetry.imports import pieces
from allconnects.telemetry.imports.models import Form, Import, Stage
from allconnects.telemetry.imports.traccar import Traccar, TraccarDevice
from allconnects.telemetry.keeping.services import days_kept
from allconnects.telemetry.models import Device
from allconnects.telemetry.store.hot import HotWriter


@dataclass(frozen=True, slots=True)
class Plan:
    """What a migration would do. ``known``: id here by id there; ``missing``: devices that are to be added."""

    known: dict[int, int]
    missing: list[TraccarDevice]
    total: int
    too_old: int
    after: int
    first_at: datetime | None
    last_at: datetime | None


def since() -> datetime:
    """The oldest moment that is kept."""
    return clock.now() - timedelta(days=days_kept())


def plan(source: Traccar, digest: str) -> Plan:
    """Look at both sides. What an earlier migration of the same database has written is not read again."""
    here = dict(Device.objects.values_list("identifier", "id"))
    there = [one for one in source.devices() if one.identifier]
    after = _reached(digest)
    total, first, last = source.count(after, since())
    return Plan(
        {one.id: here[one.identifier] for one in there if one.identifier in here},
        [one for one in there if one.identifier not in here],
        total, source.older(after, since()), after, first, last,
    )  # fmt: skip


def _reached(digest: str) -> int:
    last = Import.objects.filter(form=Form.TRACCAR, digest=digest).order_by("-id").first()
    return last.place if last else 0


def begin(
    organisation: Organisation, planned: Plan, digest: str, name: str
) -> tuple[Import, dict[int, int], list[str]]:
    """Register what is missing. Returns the import, ids here by ids there, and identifiers that could not be added."""
    ids, refused = dict(planned.known), []
    for one in planned.missing:
        try:
            ids[one.id] = devices.add_device(organisation, one.identifier, one.name[:100] or "Traccar", one.kind).pk
        except InvalidInput:
            refused.append(one.identifier)
    now = clock.now()
    row = Import.objects.create(
        organisation=organisation, form=Form.TRACCAR, name=name, digest=digest, stage=Stage.RUNNING,
        total=planned.total, too_old=planned.too_old, place=planned.after, devices=len(ids),
        first_at=planned.first_at, last_at=planned.last_at, created_at=now, changed_at=now,
    )  # fmt: skip
    return row, ids, refused


def step(number: int, source: Traccar, ids: dict[int, int], hot: HotWriter) -> Import:
    """Write the next positions, and remember how far it is; the same again changes nothing."""
    row = Import.objects.select_for_update().get(pk=number)
    if row.stage != Stage.RUNNING:
        return row
    found = source.positions(row.place, since(), pieces.SIZE)
    usable = [one for one in found if one.position is not None and one.device in ids]
    pieces.write(hot, row.organisation_id, [(ids[one.device], one.position) for one in usable if one.position])
    row.done += len(found)
    row.wrong += len(found) - len(usable)
    row.place = found[-1].id if found else row.place
    if len(found) < pieces.SIZE:
        row.stage = Stage.DONE
    row.changed_at = clock.now()
    row.save()
    return row
