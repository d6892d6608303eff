"""What a person and an employer say about where the person is: settings, hours, absences, private time, exceptions."""

from __future__ import annotations

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.fleet import labels
from allconnects.fleet.models.people import Person
from allconnects.fleet.models.things import Vehicle
from allconnects.kit.labels import told_later
from allconnects.telemetry.models import Device

NOTICE_DAYS = 60
"""How far back others see at most: what the notice says that positions are kept."""
OPEN_FOR = timedelta(hours=24)
"""So long the declaration of a theft waits for the second person."""


class Precision(models.TextChoices):
    """How closely others see where a person is; in this order."""

    EXACT = "exact", _("Exactly")
    KM = "km", _("To about 1 km")
    MUNICIPALITY = "municipality", _("To about a municipality")


class Pool(models.TextChoices):
    """When a vehicle is recorded that nobody has."""

    ALWAYS = "always", _("Always")
    HOURS = "hours", _("In the working hours of the organisation")


_DAYS = [MinValueValidator(1), MaxValueValidator(NOTICE_DAYS)]


@labels.tenant_table(
    nobody="what the firm decided for everybody",
    **dict.fromkeys(
        ("organisation_id", "precision", "days", "coarsest", "fewest_days", "pool", "holidays_off", "informed_on",
         "changed_at"),
        labels.LOCATION_RULE,
    )
)  # fmt: skip
class LocationRule(models.Model):
    """What the employer sets: others see at most ``precision`` and ``days``; a person chooses down to ``coarsest`` and
    ``fewest_days``. Narrower counts at once; wider needs the day on which people were informed (``informed_on``)."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True)
    precision = models.CharField(max_length=12, choices=Precision.choices, default=Precision.EXACT)
    days = models.SmallIntegerField(default=NOTICE_DAYS, validators=_DAYS)
    coarsest = models.CharField(max_length=12, choices=Precision.choices, default=Precision.MUNICIPALITY)
    fewest_days = models.SmallIntegerField(default=1, validators=_DAYS)
    pool = models.CharField(max_length=6, choices=Pool.choices, default=Pool.ALWAYS)
    holidays_off = models.BooleanField(default=True)
    informed_on = models.DateField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(precision__in=Precision.values, coarsest__in=Precision.values, pool__in=Pool.values),
                name="location_rule_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    days__gte=1, days__lte=NOTICE_DAYS, fewest_days__gte=1, fewest_days__lte=NOTICE_DAYS
                ),
                name="location_rule_days",
            ),
        ]

    def __str__(self) -> str:
        return f"location rule {self.pk}"


@labels.tenant_table(
    **dict.fromkeys(("organisation_id", "precision", "days", "changed_at"), labels.OWN_CHOICE),
    person_id=labels.OWN_CHOICE_OF,
)
class LocationChoice(models.Model):
    """What a person chose that others see of him, within what the employer leaves open."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="location_choice")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    precision = models.CharField(max_length=12, choices=Precision.choices, default=Precision.EXACT)
    days = models.SmallIntegerField(default=NOTICE_DAYS, validators=_DAYS)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"location choice {self.pk}"


@labels.tenant_table(
    organisation_id=labels.OWN_HOURS,
    person_id=labels.OWN_HOURS_OF,
    days=labels.WEEK,
)
class PersonHours(models.Model):
    """When one person works, where that is not as his team or all: ``{"0": [["06:00", "14:00"]]}``, Monday is 0."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="own_hours")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    days = models.JSONField()

    def __str__(self) -> str:
        return f"hours {self.pk}"


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "first", "last"), labels.ABSENCE),
    person_id=labels.ABSENCE_OF,
)
class Absence(models.Model):
    """Days on which a person does not work, both included. Why is not kept: leave and illness look alike here."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="absences")
    first = models.DateField(_("from"))
    last = models.DateField(_("until"))

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="absence_in_order")]
        indexes = [models.Index(fields=["organisation", "person", "-last"], name="absence_of_person")]

    def __str__(self) -> str:
        return f"absence {self.pk}"


class How(models.TextChoices):
    """By what private time began."""

    DRIVER = "driver", _("Button")
    INPUT = "input", _("Switch in the vehicle")


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "device_id", "vehicle_id", "start", "end", "how", "distance_m"), labels.PRIVATE
    ),
    person_id=labels.PRIVATE_OF,
)
class PrivateTime(models.Model):
    """Private time that a person began: when it began and ended, and how many metres. Nothing else of it exists."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="private_times")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.SET_NULL, null=True, related_name="+")
    start = models.DateTimeField()
    end = models.DateTimeField(null=True)
    how = models.CharField(max_length=6, choices=How.choices, default=How.DRIVER)
    distance_m = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device"], condition=models.Q(end=None), name="private_time_open_once"),
            models.CheckConstraint(condition=models.Q(how__in=How.values), name="private_time_how_known"),
        ]
        indexes = [models.Index(fields=["organisation", "person", "-start"], name="private_time_of_person")]

    def __str__(self) -> str:
        return f"private time {self.pk}"


class ExceptionKind(models.TextChoices):
    """Why something is recorded although time is private."""

    THEFT = "theft", _("Declared stolen")
    CRASH = "crash", _("Crash")
    DUTY = "duty", _("Transport that the law has recorded")


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "kind", "device_id", "vehicle_id", "start", "end", "wants_private"), labels.PRIVATE
    ),
    person_id=labels.PRIVATE_OF,
    reason=labels.EXCEPTION_TEXT,
    declared_by_id=labels.EXCEPTION_BY,
    declared_at=labels.EXCEPTION_BY,
    confirmed_by_id=labels.EXCEPTION_BY,
    confirmed_at=labels.EXCEPTION_BY,
)
class LocationException(models.Model):
    """An event, never a setting: from ``start`` on the device is recorded, until ``end``. A theft counts when a second
    person has confirmed it. ``person``: who had the device, and reads of it here. ``wants_private``: the driver pressed
    the button meanwhile, so private time begins when this ends."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    kind = models.CharField(max_length=6, choices=ExceptionKind.choices)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.SET_NULL, null=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="location_exceptions")
    start = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    declared_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    declared_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    wants_private = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=ExceptionKind.values), name="location_exception_known"),
            models.CheckConstraint(
                condition=~models.Q(kind="theft")
                | models.Q(start=None)
                | models.Q(confirmed_by=None, confirmed_at__isnull=False)
                | ~models.Q(confirmed_by=models.F("declared_by")),
                name="theft_by_two_people",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "device", "-declared_at"], name="location_exception_of_device"),
            models.Index(fields=["organisation", "person", "-declared_at"], name="location_exception_of_person"),
        ]

    def __str__(self) -> str:
        return f"location exception {self.pk}"


_OVER = f"""coalesce({{t}}."end", {{t}}.declared_at + interval '{OPEN_FOR.total_seconds():.0f} seconds')"""
told_later("fleet_locationexception", f"{{t}}.kind = 'theft' AND {_OVER} > %(now)s", "'exception:' || {t}.id")
