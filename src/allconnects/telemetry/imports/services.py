"""Use cases of imports: look at a file, start, go on, cancel. Each runs in a transaction that speaks for one tenant."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

from django.db import transaction
from django.utils.translation import gettext as _

from allconnects.accounts.models import Organisation
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.telemetry.imports import csvfile, gpxfile, pieces
from allconnects.telemetry.imports.fields import Fix, Problem
from allconnects.telemetry.imports.models import Form, Import, ImportPiece, Stage
from allconnects.telemetry.keeping.services import days_kept
from allconnects.telemetry.models import Device
from allconnects.telemetry.store.hot import DeviceGone, HotWriter

MOST_PROBLEMS: Final = 100
"""Of so many rows the line is kept; the others are counted."""
_FUTURE_MS: Final = 24 * 3600 * 1000
_WAITS: Final = timedelta(days=1)
_EARLIEST_MS: Final = 946_684_800_000


@dataclass
class _Reading:
    """What is being found in a file."""

    row: Import
    identifiers: dict[str, int]
    oldest_ms: int
    newest_ms: int
    waiting: list[pieces.Owned] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    first_ms: int | None = None
    last_ms: int | None = None
    pieces: int = 0

    def take(self, found: Fix | Problem) -> None:
        """Count one row, and keep its position when it can be used."""
        code = found.code if isinstance(found, Problem) else self._use(found)
        if code:
            self.row.wrong += 1
            if len(self.row.problems) < MOST_PROBLEMS:
                self.row.problems.append([found.line, code])

    def _use(self, fix: Fix) -> str:
        device = self.identifiers.get(fix.device) if fix.device else self.row.device_id
        at = fix.position.time_ms or 0
        if device is None:
            return "device" if fix.device else "no_device"
        if at > self.newest_ms or at < _EARLIEST_MS:
            return "future" if at > self.newest_ms else "time"
        self.first_ms = at if self.first_ms is None else min(at, self.first_ms)
        self.last_ms = at if self.last_ms is None else max(at, self.last_ms)
        if at < self.oldest_ms:
            self.row.too_old += 1
            return ""
        self.seen.add(device)
        self.waiting.append((device, fix.position))
        if len(self.waiting) >= pieces.SIZE:
            self.put()
        return ""

    def put(self) -> None:
        """Store what waits as a piece."""
        if not self.waiting:
            return
        ImportPiece.objects.create(
            organisation_id=self.row.organisation_id, of=self.row, number=self.pieces, data=pieces.pack(self.waiting)
        )
        self.row.total += len(self.waiting)
        self.pieces += 1
        self.waiting = []

    def end(self) -> None:
        """All is read."""
        self.put()
        self.row.devices = len(self.seen)
        self.row.first_at, self.row.last_at = _instant(self.first_ms), _instant(self.last_ms)


def _instant(ms: int | None) -> datetime | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


@transaction.atomic
def preview(organisation: Organisation, name: str, source: BinaryIO, device: int | None) -> Import:
    """Read a file and say what an import of it would bring; nothing is written yet. Raises InvalidInput, NotFound.

    ``device``: whose the positions are where a row names no device by its identifier.
    """
    if device is not None and not Device.objects.filter(pk=device).exists():
        raise NotFound(_("There is no such device."))
    now = clock.now()
    form, digest = _recognised(source)
    row = Import.objects.create(
        organisation=organisation, device_id=device, form=form, name=name[:200], digest=digest,
        created_at=now, changed_at=now,
    )  # fmt: skip
    reading = _Reading(row, _identifiers(), _oldest_ms(), clock.now_ms() + _FUTURE_MS)
    for found in _read(form, source):
        reading.take(found)
    reading.end()
    if not row.total and not row.too_old and not row.wrong:
        raise InvalidInput(_("There is no position in this file."))
    row.save()
    return row


def _identifiers() -> dict[str, int]:
    return dict(Device.objects.values_list("identifier", "id"))


def _oldest_ms() -> int:
    return clock.now_ms() - days_kept() * 86_400_000


def _recognised(source: BinaryIO) -> tuple[Form, str]:
    """By its content: GPX begins with ``<``, all else is a table."""
    digest, start = hashlib.sha256(), b""
    source.seek(0)
    while chunk := source.read(1 << 20):
        start = start or chunk[:200]
        digest.update(chunk)
    source.seek(0)
    if not start.strip():
        raise InvalidInput(_("This file is empty."))
    is_xml = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
    return (Form.GPX if is_xml else Form.CSV), digest.hexdigest()


def _read(form: Form, source: BinaryIO) -> Iterator[Fix | Problem]:
    if form is Form.GPX:
        return gpxfile.read(source)
    return csvfile.read(io.TextIOWrapper(source, "utf-8-sig", errors="replace", newline=""))


def imports(limit: int = 50) -> list[Import]:
    """The latest imports, newest first."""
    return list(Import.objects.select_related("device").order_by("-id")[:limit])


def one_import(number: int) -> Import:
    """One import. Raises NotFound."""
    found = Import.objects.select_related("device").filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such import."))
    return found


def seen_before(row: Import) -> bool:
    """Whether the same file was imported for the same device already."""
    same = Import.objects.filter(digest=row.digest, device=row.device, stage=Stage.DONE)
    return same.exclude(pk=row.pk).exists()


def start(number: int) -> Import:
    """Say yes to a preview. Raises NotFound; one that was started already stays as it is."""
    row = _locked(number)
    if row.stage == Stage.PREVIEW:
        _to(row, Stage.RUNNING)
    return row


def cancel(number: int) -> Import:
    """Stop an import; what was written until now stays. Raises NotFound."""
    row = _locked(number)
    if row.stage in (Stage.PREVIEW, Stage.RUNNING):
        _to(row, Stage.CANCELLED)
        ImportPiece.objects.filter(of=row).delete()
    return row


def advance(number: int, seconds: float) -> Import:
    """Write pieces of a running import for about so long. Raises NotFound and what the store raises.

    A piece is committed before this transaction is, so a process that is killed writes some pieces twice, which
    changes nothing. The row is locked: two workers never do the same import at once.
    """
    row = _locked(number)
    until = time.monotonic() + seconds
    hot = pieces.writer()
    try:
        while row.stage == Stage.RUNNING and time.monotonic() < until:
            _one_piece(row, hot)
    except DeviceGone:
        _to(row, Stage.FAILED)
        ImportPiece.objects.filter(of=row).delete()
    finally:
        hot.close()
    row.changed_at = clock.now()
    row.save()
    return row


def _one_piece(row: Import, hot: HotWriter) -> None:
    piece = ImportPiece.objects.filter(of=row, number=row.place).first()
    if piece is None:
        _to(row, Stage.DONE)
        ImportPiece.objects.filter(of=row).delete()
        return
    rows = pieces.unpack(bytes(piece.data))
    # What has become too old since the preview would go with its leaf, unsealed.
    oldest = _oldest_ms()
    kept = [one for one in rows if (one[1].time_ms or 0) >= oldest]
    pieces.write(hot, row.organisation_id, kept)
    row.done += len(rows)
    row.too_old += len(rows) - len(kept)
    row.place += 1


def forget_old() -> None:
    """Previews that nobody said yes to for a day go, with what waits in them."""
    before = clock.now() - _WAITS
    for row in Import.objects.filter(stage=Stage.PREVIEW, changed_at__lt=before):
        cancel(row.pk)


def _locked(number: int) -> Import:
    found = Import.objects.select_for_update().filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such import."))
    return found


def _to(row: Import, stage: Stage) -> None:
    row.stage, row.changed_at = stage, clock.now()
    row.save()
