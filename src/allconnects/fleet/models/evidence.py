"""What occupancy is made from: raw IN and OUT events, statements of people and planning, and open questions."""

from __future__ import annotations

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account
from allconnects.fleet import labels
from allconnects.fleet.models.people import Person
from allconnects.fleet.models.presence import Badge, Role, Source
from allconnects.fleet.models.things import Vehicle
from allconnects.telemetry.models import Device


class Direction(models.TextChoices):
    """Into a vehicle or out of it."""

    IN = "in", _("In")
    OUT = "out", _("Out")


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "vehicle_id", "device_id", "badge_id", "source", "direction", "role", "at",
         "received_at", "last4", "ignored"),
        labels.EVIDENCE,
    ),
    person_id=labels.EVIDENCE_OF,
    token_hash=labels.EVIDENCE_HASH,
)  # fmt: skip
class DriverEvent(models.Model):
    """Somebody identified at a vehicle. ``person`` None: nobody has that badge. The same event twice is one."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE)
    device = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True, blank=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True)
    badge = models.ForeignKey(Badge, on_delete=models.SET_NULL, null=True, blank=True)
    token_hash = models.CharField(max_length=64, blank=True, default="")
    last4 = models.CharField(max_length=4, blank=True, default="")
    source = models.CharField(max_length=10, choices=Source.choices)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    role = models.CharField(max_length=10, choices=Role.choices, blank=True, default="")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    ignored = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "vehicle", "at", "source", "direction", "token_hash", "person"],
                name="driver_event_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=models.Q(source__in=Source.values), name="driver_event_source_known"),
            models.CheckConstraint(condition=models.Q(direction__in=Direction.values), name="driver_event_in_or_out"),
        ]
        indexes = [
            models.Index(fields=["organisation", "vehicle", "at"], name="driver_event_of_vehicle"),
            models.Index(fields=["organisation", "person", "at"], name="driver_event_of_person"),
        ]

    def __str__(self) -> str:
        return f"driver event {self.pk}"


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "vehicle_id", "role", "during", "source", "made_at", "withdrawn_at"), labels.PRESENCE
    ),
    person_id=labels.PRESENT,
    made_by_id=labels.PRESENT,
    reason=labels.REASON,
)
class Claim(models.Model):
    """Somebody or the planning says who is in a vehicle from–to. ``person`` None: nobody of ours drove it."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.DRIVER)
    during = DateTimeRangeField()
    source = models.CharField(max_length=10, choices=Source.choices)
    reason = models.CharField(max_length=200, blank=True, default="")
    made_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="claim_role_known"),
            models.CheckConstraint(
                condition=models.Q(source__in=[Source.MANUAL, Source.PLANNING]), name="claim_source_known"
            ),
            models.CheckConstraint(
                condition=models.Q(person__isnull=False) | models.Q(role=Role.DRIVER), name="claim_of_nobody_drives"
            ),
        ]

    def __str__(self) -> str:
        return f"claim {self.pk}"


class QuestionKind(models.TextChoices):
    """What a human has to decide because no rule may guess it."""

    NO_OUT = "no_out", _("Badged in and never out")
    TWO_DRIVERS = "two_drivers", _("Two drivers at once")
    UNKNOWN_BADGE = "unknown_badge", _("A badge that nobody has")
    BLOCKED_BADGE = "blocked_badge", _("A badge of somebody who left")
    OPEN_STAY = "open_stay", _("Came to a site, and nobody knows until when")


class Decision(models.TextChoices):
    """How a question was answered."""

    ENDED = "ended", _("Ended at that time")
    ABSENT = "absent", _("Was not there")
    DRIVER = "driver", _("This one drove")
    ASSIGNED = "assigned", _("The badge belongs to this person")
    IGNORED = "ignored", _("Does not count")
    MOOT = "moot", _("Settled by later data")


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "kind", "vehicle_id", "event_id", "place", "key", "during", "asked_at", "decided_at",
         "decision", "ended_at"),
        labels.PRESENCE,
    ),
    person_id=labels.PRESENT,
    decided_by_id=labels.PRESENT,
)  # fmt: skip
class Question(models.Model):
    """An entry of the inbox. ``key`` names what it is about, so that it is asked once.

    ``place``: number of the place of a stay that nobody closed; ``ended_at``: until when he was there, as decided.
    """

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    kind = models.CharField(max_length=20, choices=QuestionKind.choices)
    key = models.CharField(max_length=100)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True)
    event = models.ForeignKey(DriverEvent, on_delete=models.SET_NULL, null=True, blank=True)
    place = models.IntegerField(null=True)
    during = DateTimeRangeField()
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "kind", "key"], name="question_once")]
        indexes = [models.Index(fields=["organisation", "decided_at", "-asked_at"], name="question_open")]

    def __str__(self) -> str:
        return f"question {self.pk}"
