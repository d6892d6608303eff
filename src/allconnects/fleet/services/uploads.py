"""Files that were sent to be imported: looked through, carried out or dropped; large ones in the background.

A file is carried out whole or not at all, and only as its preview showed it. How far it is stands in its row, written
past the transaction that does the work, so that a page can tell it meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import psycopg
import structlog
from django.db import OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.accounts.tenancy import speak_for
from allconnects.fleet import files
from allconnects.fleet.kinds import KINDS, Kind
from allconnects.fleet.models.record import Stage, Upload
from allconnects.fleet.sheets import Rows
from allconnects.fleet.who import Who
from allconnects.kit import clock, db, jobs
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.privacy.retention import RULES

log = structlog.get_logger()
SHOWN: Final = 300
"""Rows of each sort that a preview shows; all are counted."""
_AT_ONCE_BYTES, _AT_ONCE_ROWS = 200_000, 500
"""Up to so much is done while its sender waits: a second at most."""
_STUCK: Final = timedelta(minutes=20)
"""A worker that is killed leaves its job to another within a minute; a queue may be long."""
_TOLD_EVERY_S: Final = 0.5
_DONE: Final = "UPDATE fleet_upload SET done = %s, total = %s, moved_at = %s WHERE organisation_id = %s AND id = %s"
_RUNNING: Final = (Stage.LOOKING, Stage.APPLYING)


def keep(who: Who, kind: Kind, name: str, data: bytes) -> Upload:
    """Keep a file and look through it, now or soon. Raises InvalidInput for what can be seen at once to be no table."""
    assert who.account is not None
    if len(data) > files.MOST_BYTES:
        raise InvalidInput(_("The file is larger than 5 MB."))
    small = len(data) <= _AT_ONCE_BYTES
    total = len(files.read(data, kind)) if small else 0
    now = clock.now()
    kept = Upload.objects.create(
        organisation=who.organisation, account=who.account, kind=kind.name, name=name[-100:], data=data, made_at=now,
        moved_at=now, total=total,
    )  # fmt: skip
    if small and total <= _AT_ONCE_ROWS:
        _look(kept, files.unheard)
    else:
        jobs.defer("fleet.look_through", organisation=who.organisation.pk, upload=kept.pk)
    return kept


def one(who: Who, kind: Kind, number: int) -> Upload:
    """A file of the one who asks. Raises NotFound."""
    found = Upload.objects.filter(pk=number, kind=kind.name, account=who.account).first() if who.account else None
    if found is None:
        raise NotFound(_("There is no such file any more. Send it again."))
    return found


def waiting(who: Who, kind: Kind) -> list[Upload]:
    """Files of the one who asks that are not done with, newest first."""
    mine = Upload.objects.filter(kind=kind.name, account=who.account).exclude(stage__in=(Stage.DONE, Stage.FAILED))
    return list(mine.defer("data", "preview").order_by("-id")[:20])


def drop(kept: Upload) -> bool:
    """Forget a file. Raises InvalidInput while it is being carried out."""
    if not Upload.objects.filter(pk=kept.pk).exclude(stage=Stage.APPLYING).delete()[0]:
        raise InvalidInput(_("It is being carried out already."))
    return True


def say_yes(who: Who, kept: Upload) -> Upload:
    """Carry out what the preview shows: a small file now, a large one soon. Returns it as it is then.

    Where that cannot be done nothing is changed, and the file waits again with a new preview and the reason.
    """
    good = Upload.objects.filter(pk=kept.pk, stage=Stage.LOOKED, preview__counts__wrong=0)
    if good.update(stage=Stage.APPLYING, done=0, told="", moved_at=clock.now()):
        if kept.total > _AT_ONCE_ROWS:
            jobs.defer("fleet.carry_out", organisation=who.organisation.pk, upload=kept.pk)
        else:
            _carry_out(kept, files.unheard)
    return Upload.objects.get(pk=kept.pk)


def look_through(organisation: int, number: int) -> None:
    """The background's part of a preview."""
    _work(organisation, number, Stage.LOOKING, _look)


def carry_out(organisation: int, number: int) -> None:
    """The background's part of carrying out."""
    _work(organisation, number, Stage.APPLYING, _carry_out)


def _work(organisation: int, number: int, stage: str, do: Callable[[Upload, files.Heard], None]) -> None:
    """Do it in the language of who sent the file; what goes wrong is told there and changes nothing.

    A database that is away is no answer: the job is done again.
    """
    kept = Upload.objects.filter(pk=number, stage=stage).select_related("account", "organisation").first()
    if kept is None:
        return
    with translation.override(kept.account.language or "nl"):
        try:
            with transaction.atomic():
                do(kept, _Told(organisation, number))
        except AllconnectsError as error:
            _fail(number, error.message)
        except OperationalError:
            raise
        except Exception:
            log.warning("fleet.import_failed", exc_info=True)
            _fail(number, _("The program made a mistake. Nothing was changed."))


def _look(kept: Upload, heard: files.Heard) -> None:
    """Make the preview and keep it."""
    _preview(kept, _rows(kept, heard), heard, stage=Stage.LOOKING)


def _preview(kept: Upload, rows: Rows, heard: files.Heard, *, stage: str, told: str = "") -> None:
    found = files.preview(Who(kept.organisation, kept.account), KINDS[kept.kind], rows, heard)
    Upload.objects.filter(pk=kept.pk, stage=stage).update(
        stage=Stage.LOOKED, total=len(rows), done=0, preview=_kept(found), told=told, moved_at=clock.now()
    )


def _carry_out(kept: Upload, heard: files.Heard) -> None:
    """Do it; where it cannot be done any more, preview it again and say why."""
    files.one_at_a_time(kept.organisation_id)
    mine = Upload.objects.filter(pk=kept.pk, stage=Stage.APPLYING)
    if not mine.exists():  # done by another worker meanwhile, or given up
        return
    who, kind, rows = Who(kept.organisation, kept.account), KINDS[kept.kind], _rows(kept, heard)
    try:
        counts = files.apply(who, kind, rows, str(kept.preview.get("mark", "")), heard)
    except AllconnectsError as error:
        _preview(kept, rows, heard, stage=Stage.APPLYING, told=error.message)
        return
    mine.update(stage=Stage.DONE, data=b"", preview={"counts": counts}, told="", moved_at=clock.now())


def _rows(kept: Upload, heard: files.Heard) -> Rows:
    rows = files.read(bytes(kept.data), KINDS[kept.kind])
    if isinstance(heard, _Told):
        heard.total = len(rows)
    return rows


def _kept(found: files.Preview) -> dict[str, Any]:
    """A preview as it is stored: counts, the first rows of each sort, and the mark of all of it."""
    wrong = [line for line in found.lines if line.errors]
    acting = [line for line in found.lines if not line.errors and (line.new or line.changes)]
    return {
        "counts": found.counts, "unknown": found.unknown, "mark": found.mark, "acts": len(acting),
        "wrong": [[line.number, line.title, line.errors] for line in wrong[:SHOWN]],
        "acting": [[ln.number, ln.title, ln.new, ln.notes, ln.changes] for ln in acting[:SHOWN]],
    }  # fmt: skip


def _fail(number: int, why: str) -> None:
    Upload.objects.filter(pk=number, stage__in=_RUNNING).update(
        stage=Stage.FAILED, told=why, data=b"", preview={}, moved_at=clock.now()
    )


class _Told:
    """Writes down how many rows are done, past the transaction that does them."""

    def __init__(self, organisation: int, number: int) -> None:
        self._organisation, self._number = organisation, number
        self.total = 0
        self._next = 0.0

    def __call__(self, done: int) -> None:
        if time.monotonic() < self._next:
            return
        # That nobody hears how far it is, is no reason to stop.
        failures = (db.DatabaseUnavailable, psycopg.Error)
        with suppress(*failures), db.connect("web", application="allconnects-worker") as raw:
            speak_for(raw, self._organisation)
            raw.execute("SET LOCAL lock_timeout = '1s'")
            raw.execute(_DONE, (done, self.total, clock.now(), self._organisation, self._number))
        self._next = time.monotonic() + _TOLD_EVERY_S


def tend(organisation: int) -> None:
    """Files that are over their time go; one that nothing happened to for long is given up."""
    now = clock.now()
    mine = Upload.objects.filter(organisation_id=organisation)
    mine.filter(made_at__lt=now - timedelta(days=RULES["upload"].default_days or 1)).delete()
    for stuck in mine.filter(stage__in=_RUNNING, moved_at__lt=now - _STUCK).select_related("account").defer("data"):
        with translation.override(stuck.account.language or "nl"):
            _fail(stuck.pk, _("This was given up, because the server did not get to it. Nothing was changed."))
