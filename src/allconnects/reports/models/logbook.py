"""The logbook that a closed month can no longer leave."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.fleet.models import Vehicle
from allconnects.kit.labels import Way
from allconnects.reports import labels


class Entry(models.TextChoices):
    """What a row of a logbook is."""

    TRIP = "trip", _("Trip")
    CLOSE = "close", _("Month closed")
    CORRECTION = "correction", _("Correction")


@labels.kept_rows(
    **dict.fromkeys(
        ("id", "organisation_id", "vehicle_id", "number", "month", "entry", "corrects", "previous_hash", "hash",
         "made_at"),
        labels.LOGBOOK,
    ),
    found=(Way("word", "content"), Way("account", "made_by_id")),
    content=labels.LOGBOOK_ROW,
    made_by_id=labels.LOGBOOK_WHO,
)  # fmt: skip
class LogbookRow(models.Model):
    """A row of the logbook of a vehicle, chained to the one before by its hash. Never changed: the database refuses it.

    ``number`` counts from 1 in each vehicle; ``corrects``: the number of the trip that a correction is about.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField()
    month = models.DateField()
    entry = models.CharField(max_length=10, choices=Entry.choices)
    corrects = models.IntegerField(null=True)
    content = models.JSONField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Account, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "vehicle", "number"], name="logbook_number_once"),
            models.UniqueConstraint(
                fields=["organisation", "vehicle", "month"],
                condition=models.Q(entry="close"),
                name="logbook_month_closed_once",
            ),
            models.CheckConstraint(condition=models.Q(entry__in=Entry.values), name="logbook_entry_known"),
        ]
        indexes = [models.Index(fields=["organisation", "vehicle", "month"], name="logbook_month")]

    def __str__(self) -> str:
        return f"logbook row {self.pk}"
