"""Two weeks of past tracks, and the hours before the first start, as imports: trips are left to the worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from allconnects.accounts.tenancy import speaking_for
from allconnects.demo.data.days import late_day, past_days, present
from allconnects.demo.data.setting import Demo
from allconnects.kit import clock
from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.imports import pieces, services
from allconnects.telemetry.imports.models import Form, Import, ImportPiece, Stage
from allconnects.telemetry.models import Device

_SLICE_S = 2.0


def fill(demo: Demo) -> None:
    """Bring in what is missing; an import that was broken off goes on where it was."""
    wanted = (("demo: the past two weeks", past_days), ("demo: uploaded late", late_day), ("demo: today", present))
    for name, positions in wanted:
        with speaking_for(demo.organisation.pk):
            row = Import.objects.filter(name=name).first() or _plan(demo, name, positions(demo))
            number, stage = row.pk, row.stage
        while stage == Stage.RUNNING:
            with speaking_for(demo.organisation.pk):
                stage = services.advance(number, _SLICE_S).stage


def _plan(demo: Demo, name: str, positions: Iterable[tuple[str, Position]]) -> Import:
    """An import that only has to be written. Devices are named by identifier; those that are gone are left out."""
    now = clock.now()
    row = Import.objects.create(
        organisation=demo.organisation, form=Form.CSV, name=name, digest=name, stage=Stage.RUNNING, created_at=now,
        changed_at=now,
    )  # fmt: skip
    ids = dict(Device.objects.values_list("identifier", "id"))
    owned = [(ids[device], position) for device, position in positions if device in ids]
    for number, piece in enumerate(_pieces(owned)):
        ImportPiece.objects.create(organisation=demo.organisation, of=row, number=number, data=pieces.pack(piece))
    row.total, row.devices = len(owned), len({device for device, _ in owned})
    row.save()
    return row


def _pieces(owned: list[pieces.Owned]) -> Iterator[list[pieces.Owned]]:
    for first in range(0, len(owned), pieces.SIZE):
        yield owned[first : first + pieces.SIZE]
