"""What trips were for, and the logbook that a closed month can no longer leave."""

from __future__ import annotations

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.fleet.models import Person, Vehicle
from allconnects.kit import clock
from allconnects.reports import labels
from allconnects.telemetry.models import Device


class Use(models.TextChoices):
    """What a trip was for."""

    BUSINESS = "business", _("Business")
    COMMUTE = "commute", _("Home to work")
    PRIVATE = "private", _("Private")


class Voice(models.TextChoices):
    """Who says what a trip was for; a later word of the driver or a manager replaces the rule's."""

    RULE = "rule", _("Rule")
    DRIVER = "driver", _("Driver")
    MANAGER = "manager", _("Manager")


@labels.kept_rows(
    **dict.fromkeys(
        ("id", "organisation_id", "device_id", "vehicle_id", "during", "use", "voice", "at"), labels.LOGBOOK
    ),
    person_id=labels.LOGBOOK_WHO,
    account_id=labels.LOGBOOK_WHO,
    reason=labels.LOGBOOK_TEXT,
)
class Classification(models.Model):
    """Somebody said what a trip was for. Rows are only added: the latest counts, the earlier show who changed it.

    ``during``: from the start to the end of the trip, as it then was; a trip that is found again by late data is
    recognised by its middle lying there.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    device = models.ForeignKey(Device, on_delete=models.DO_NOTHING, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.DO_NOTHING, null=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.DO_NOTHING, null=True, related_name="+")
    during = DateTimeRangeField()
    use = models.CharField(max_length=10, choices=Use.choices)
    voice = models.CharField(max_length=10, choices=Voice.choices)
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(use__in=Use.values), name="classification_use_known"),
            models.CheckConstraint(condition=models.Q(voice__in=Voice.values), name="classification_voice_known"),
        ]
        indexes = [models.Index(fields=["organisation", "device", "-at"], name="classification_of_device")]

    def __str__(self) -> str:
        return f"classification {self.pk}"


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
