"""What people said a trip was for. Trips, stops and corrections themselves are plain SQL: ``store/schema.sql``."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.fleet.models import Person, Vehicle
from allconnects.kit import clock
from allconnects.kit.labels import labelled
from allconnects.telemetry.models import Device
from allconnects.trips.store.labels import LOGBOOK, LOGBOOK_TEXT, LOGBOOK_WHO


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


@cast(Any, labelled)(
    tenant="organisation_id",
    web="SELECT, INSERT",
    worker="SELECT, DELETE",
    **dict.fromkeys(("id", "organisation_id", "device_id", "vehicle_id", "during", "use", "voice", "at"), LOGBOOK),
    person_id=LOGBOOK_WHO,
    account_id=LOGBOOK_WHO,
    reason=LOGBOOK_TEXT,
)
class Classification(models.Model):
    """Somebody said what a trip was for. Rows are only added: the latest counts, the earlier show who changed it.

    ``during``: from the start to the end of the trip, as it then was; a trip that is found again by late data is
    recognised by its middle lying there. ``use`` empty: what was said before is taken back.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    device = models.ForeignKey(Device, on_delete=models.DO_NOTHING, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.DO_NOTHING, null=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.DO_NOTHING, null=True, related_name="+")
    during = DateTimeRangeField()
    use = models.CharField(max_length=10, choices=Use.choices, blank=True)
    voice = models.CharField(max_length=10, choices=Voice.choices)
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(use__in=["", *Use.values]), name="classification_use_known"),
            models.CheckConstraint(condition=models.Q(voice__in=Voice.values), name="classification_voice_known"),
        ]
        indexes = [models.Index(fields=["organisation", "device", "-at"], name="classification_of_device")]

    def __str__(self) -> str:
        return f"classification {self.pk}"
