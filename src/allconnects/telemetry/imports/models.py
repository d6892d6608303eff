"""An import and what it still has to write."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Organisation
from allconnects.kit.labels import Label, labelled
from allconnects.telemetry.models import REFERENCE, Device, device_label

POSITIONS = Label(
    "user.location.precise", "location", "driver", "pseudonymous", "fleet.dispatch",
    "legitimate_interest", "raw_position", "delete_row", "observed",
    schema="some thousands of positions of a file, compressed; imports/pieces.py reads it",
)  # fmt: skip
ABOUT_ROWS = device_label(
    "user.device.telemetry", "pseudonymous", "derived",
    schema="at most 100 pairs [line, code] of rows that cannot be read; never what stands in them",
)  # fmt: skip
COUNTED = device_label("user.device.telemetry", "pseudonymous", "derived")


class Stage(models.TextChoices):
    """How far an import is."""

    PREVIEW = "preview", _("Waits for your yes")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Form(models.TextChoices):
    """Where it comes from."""

    GPX = "gpx", "GPX"
    CSV = "csv", "CSV"
    TRACCAR = "traccar", "Traccar"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    worker="SELECT, DELETE",
    id=REFERENCE,
    organisation_id=REFERENCE,
    device_id=REFERENCE,
    form=COUNTED,
    name=device_label("user.device", "indirect", "provided"),
    digest=COUNTED,
    stage=COUNTED,
    total=COUNTED,
    done=COUNTED,
    too_old=COUNTED,
    wrong=COUNTED,
    problems=ABOUT_ROWS,
    devices=COUNTED,
    first_at=COUNTED,
    last_at=COUNTED,
    place=COUNTED,
    created_at=COUNTED,
    changed_at=COUNTED,
    nobody="names a file and a device; whose its positions are is found when they are written",
)
class Import(models.Model):
    """One file or database that is imported.

    ``digest`` names the source, so that an import that was broken off is found again. ``total``: positions to be
    written, 0 while unknown; ``done``: those that are; ``too_old``: left out, because they would not be kept;
    ``wrong``: rows that cannot be read. ``place``: the next piece of a file, or the last id of a database.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, null=True)
    form = models.CharField(max_length=10, choices=Form.choices)
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.PREVIEW)
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    too_old = models.BigIntegerField(default=0)
    wrong = models.BigIntegerField(default=0)
    problems = models.JSONField(default=list)
    devices = models.IntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    place = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="import_recent")]
        constraints = [
            models.CheckConstraint(condition=models.Q(stage__in=Stage.values), name="import_stage_known"),
            models.CheckConstraint(condition=models.Q(form__in=Form.values), name="import_form_known"),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def percent(self) -> int:
        """How much of it is written, 0 to 100."""
        return 100 if self.stage == Stage.DONE else min(99, 100 * self.done // max(self.total, 1))


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, DELETE",
    worker="SELECT, DELETE",
    id=REFERENCE,
    organisation_id=REFERENCE,
    of_id=REFERENCE,
    number=COUNTED,
    data=POSITIONS,
    nobody="positions on their way through the gate, gone when the import ends",
)
class ImportPiece(models.Model):
    """Positions of a file that are not written yet; gone once the import has ended."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    of = models.ForeignKey(Import, on_delete=models.CASCADE)
    number = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="import_piece_once")]

    def __str__(self) -> str:
        return f"piece {self.pk}"
