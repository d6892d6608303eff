"""Plans of what must be done again and again, what was done, what is due, and hours that materials were used."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account
from allconnects.fleet.labels import tenant_table
from allconnects.fleet.models import Material, Vehicle
from allconnects.fleet.models.base import Registered, of_organisation
from allconnects.fleet.models.things import COMMON, Category, VehicleClass
from allconnects.maintenance import labels


class PlanKind(models.TextChoices):
    """What comes back."""

    SERVICE = "service", _("Service")
    CHECK = "check", _("Check")


class Period(models.TextChoices):
    """How often a check is expected."""

    DAY = "day", _("Every day")
    WEEK = "week", _("Every week")


def _of_one(*names: str) -> models.Q:
    """Exactly one of these columns says something (text columns are empty instead of null)."""
    found = models.Q()
    for chosen in names:
        one = models.Q()
        for name in names:
            text = name in ("vehicle_class", "category")
            if text:
                one &= ~models.Q(**{name: ""}) if name == chosen else models.Q(**{name: ""})
            else:
                one &= models.Q(**{f"{name}__isnull": name != chosen})
        found |= one
    return found


@tenant_table(
    nobody="what is to be done to things of the firm",
    **COMMON,
    **dict.fromkeys(
        ("kind", "name", "vehicle_id", "material_id", "vehicle_class", "category", "every_km", "every_hours",
         "every_months", "soon_km", "soon_hours", "soon_days", "period", "by_minute", "only_used", "note"),
        labels.PLAN,
    ),
    weekdays=labels.WEEKDAYS,
)  # fmt: skip
class Plan(Registered):
    """A service (every so many km, hours or months since the last one, whichever comes first) or an expected check.

    It is for one vehicle, one material, a class of vehicles or a category of materials. A check is expected on each of
    ``weekdays`` (0 is Monday) by ``by_minute`` after midnight, or once a week by the last of them; with ``only_used``
    only of vehicles that were driven in that time.
    """

    id = models.AutoField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=10, choices=PlanKind.choices)
    name = models.CharField(_("name"), max_length=100)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, null=True, blank=True, related_name="plans")
    material = models.ForeignKey(Material, on_delete=models.CASCADE, null=True, blank=True, related_name="plans")
    vehicle_class = models.CharField(_("class"), max_length=20, choices=VehicleClass.choices, blank=True, default="")
    category = models.CharField(_("category"), max_length=20, choices=Category.choices, blank=True, default="")
    every_km = models.IntegerField(_("every (km)"), null=True, blank=True)
    every_hours = models.IntegerField(_("every (hours)"), null=True, blank=True)
    every_months = models.SmallIntegerField(_("every (months)"), null=True, blank=True)
    soon_km = models.IntegerField(_("say so before (km)"), default=1000)
    soon_hours = models.IntegerField(_("say so before (hours)"), default=20)
    soon_days = models.SmallIntegerField(_("say so before (days)"), default=14)
    period = models.CharField(_("how often"), max_length=10, choices=Period.choices, blank=True, default="")
    weekdays = ArrayField(models.SmallIntegerField(), verbose_name=_("weekdays"), default=list, blank=True)
    by_minute = models.SmallIntegerField(_("by"), default=480)
    only_used = models.BooleanField(_("only when it was driven"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            of_organisation("plan"),
            models.CheckConstraint(
                condition=_of_one("vehicle", "material", "vehicle_class", "category"), name="plan_for_one"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="check", period__in=Period.values)
                | models.Q(kind="service", period="")
                & (
                    models.Q(every_km__gt=0) | models.Q(every_hours__gt=0) | models.Q(every_months__gt=0)
                ),
                name="plan_comes_back",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["organisation", "archived_at", "name"], name="plan_by_name")]

    def __str__(self) -> str:
        return f"plan {self.pk}"


@tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "plan_id", "vehicle_id", "material_id", "at", "odometer_m", "hours", "passed",
         "made_at", "withdrawn_at"),
        labels.WORK,
    ),
    made_by_id=labels.DONE_BY,
    note=labels.NOTE,
)  # fmt: skip
class Done(models.Model):
    """A service or check that was done, with the odometer (m) and hours meter as they were read then.

    ``passed``: False when a check found something wrong. ``withdrawn_at``: it was entered by mistake.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="done")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, null=True, related_name="+")
    material = models.ForeignKey(Material, on_delete=models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()
    odometer_m = models.BigIntegerField(null=True)
    hours = models.DecimalField(max_digits=10, decimal_places=1, null=True)
    passed = models.BooleanField(default=True)
    note = models.CharField(max_length=500, blank=True, default="")
    made_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=_of_one("vehicle", "material"), name="done_to_one")]
        indexes = [
            models.Index(fields=["organisation", "vehicle", "plan", "-at"], name="done_to_vehicle"),
            models.Index(fields=["organisation", "material", "plan", "-at"], name="done_to_material"),
        ]

    def __str__(self) -> str:
        return f"done {self.pk}"


class DueState(models.TextChoices):
    """How near a service is. Unknown: nobody entered when it was done last."""

    UNKNOWN = "unknown", _("Last one not entered")
    OK = "ok", _("In order")
    SOON = "soon", _("Due soon")
    OVERDUE = "overdue", _("Overdue")


@tenant_table(
    nobody="what is due for a thing of the firm",
    **dict.fromkeys(
        ("id", "organisation_id", "plan_id", "vehicle_id", "material_id", "last_at", "used_m", "used_hours",
         "next_on", "state", "since", "computed_at"),
        labels.WORK,
    ),
)  # fmt: skip
class Due(models.Model):
    """How far a vehicle or material is on its way to the next service of a plan: computed, never edited.

    ``used_m``, ``used_hours``: since the last one, None where unknown. ``since``: when it came near its limit.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, null=True, related_name="+")
    material = models.ForeignKey(Material, on_delete=models.CASCADE, null=True, related_name="+")
    last_at = models.DateTimeField(null=True)
    used_m = models.BigIntegerField(null=True)
    used_hours = models.FloatField(null=True)
    next_on = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=DueState.choices)
    since = models.DateTimeField(null=True)
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "plan", "vehicle", "material"], name="due_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["organisation", "state"], name="due_by_state")]

    def __str__(self) -> str:
        return f"due {self.pk}"


class MeterSource(models.TextChoices):
    """What tells that a material runs."""

    AUTO = "auto", _("By itself: hours counter, else ignition, else movement")
    COUNTER = "counter", _("Hours counter of the tracker")
    IGNITION = "ignition", _("Ignition")
    MOVEMENT = "movement", _("Movement")
    INPUT = "input", _("Digital input")


@tenant_table(
    nobody="how hours of a thing are counted",
    **dict.fromkeys(("id", "organisation_id", "material_id", "source", "attribute"), labels.PLAN),
)
class Meter(models.Model):
    """How hours of a material are counted, where it is not by itself. ``attribute``: of the digital input."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    material = models.OneToOneField(Material, on_delete=models.CASCADE, related_name="meter")
    source = models.CharField(max_length=10, choices=MeterSource.choices, default=MeterSource.AUTO)
    attribute = models.CharField(max_length=60, blank=True, default="")

    def __str__(self) -> str:
        return f"meter {self.pk}"


@tenant_table(
    nobody="for how long a thing ran, whoever used it",
    **dict.fromkeys(("id", "organisation_id", "material_id", "day", "seconds", "source"), labels.WORK),
)
class Usage(models.Model):
    """For how long a material ran on a Brussels day, by its own tracker, and what told so."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    seconds = models.IntegerField()
    source = models.CharField(max_length=10, choices=MeterSource.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "material", "day"], name="usage_once")]
        indexes = [models.Index(fields=["organisation", "day"], name="usage_of_day")]

    def __str__(self) -> str:
        return f"usage {self.pk}"
