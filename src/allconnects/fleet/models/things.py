"""What moves: vehicles, and materials of every kind."""

from __future__ import annotations

import secrets
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.fleet import labels
from allconnects.fleet.models.base import Registered, of_organisation

COMMON = {
    "id": labels.ID,
    "organisation_id": labels.ID,
    **dict.fromkeys(("created_at", "changed_at", "archived_at", "version"), labels.STAMP),
}


class VehicleClass(models.TextChoices):
    """What a vehicle is, as a planner tells vehicles apart."""

    CAR = "car", _("Car")
    VAN = "van", _("Van")
    TRUCK = "truck", _("Truck")
    TRACTOR_UNIT = "tractor_unit", _("Tractor unit")
    BUS = "bus", _("Bus")
    TRAILER = "trailer", _("Trailer")
    TRACTOR = "tractor", _("Farm tractor")
    MACHINE = "machine", _("Mobile machine")
    MOTORCYCLE = "motorcycle", _("Motorcycle")
    BICYCLE = "bicycle", _("Bicycle")
    OTHER = "other", _("Other")


class Fuel(models.TextChoices):
    """What a vehicle runs on."""

    DIESEL = "diesel", _("Diesel")
    PETROL = "petrol", _("Petrol")
    HYBRID = "hybrid", _("Hybrid")
    PLUGIN = "plugin_hybrid", _("Plug-in hybrid")
    ELECTRIC = "electric", _("Electric")
    LPG = "lpg", _("LPG")
    CNG = "cng", _("CNG")
    HYDROGEN = "hydrogen", _("Hydrogen")
    NONE = "none", _("None")
    UNKNOWN = "", _("Not known")


class VehicleState(models.TextChoices):
    """Whether the firm still has a vehicle."""

    ACTIVE = "active", _("In use")
    SOLD = "sold", _("Sold")


@labels.tenant_table(
    nobody="a thing of the firm; who drove it stands in occupancies",
    **COMMON,
    name=labels.THING,
    plate=labels.PLATE,
    vin=labels.PLATE,
    **dict.fromkeys(
        ("vehicle_class", "fuel", "brand", "model", "year", "odometer_m", "odometer_at", "co2_g_km", "seats",
         "payload_kg", "state"),
        labels.THING,
    ),
    groups=labels.GROUPS,
    note=labels.NOTE,
)  # fmt: skip
class Vehicle(Registered):
    """A vehicle. ``odometer_m`` was its reading at ``odometer_at``: what trackers count is calibrated by it."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    plate = models.CharField(_("number plate"), max_length=20, blank=True, default="")
    vin = models.CharField(_("chassis number (VIN)"), max_length=20, blank=True, default="")
    vehicle_class = models.CharField(_("class"), max_length=20, choices=VehicleClass.choices, default=VehicleClass.VAN)
    fuel = models.CharField(_("fuel"), max_length=20, choices=Fuel.choices, default=Fuel.UNKNOWN, blank=True)
    brand = models.CharField(_("brand"), max_length=50, blank=True, default="")
    model = models.CharField(_("model"), max_length=50, blank=True, default="")
    year = models.SmallIntegerField(
        _("year"), null=True, blank=True, validators=[MinValueValidator(1900), MaxValueValidator(2100)]
    )
    odometer_m = models.BigIntegerField(_("odometer (m)"), null=True, blank=True, validators=[MinValueValidator(0)])
    odometer_at = models.DateTimeField(_("read at"), null=True, blank=True)
    co2_g_km = models.SmallIntegerField(
        _("CO₂ (g/km)"), null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(2000)]
    )
    seats = models.SmallIntegerField(
        _("seats"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    payload_kg = models.IntegerField(
        _("payload (kg)"), null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(200_000)]
    )
    groups = ArrayField(models.CharField(max_length=50), verbose_name=_("groups"), default=list, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=VehicleState.choices, default=VehicleState.ACTIVE, editable=False
    )
    note = models.TextField(_("note"), max_length=2000, blank=True, default="")

    class Meta:
        constraints = [
            of_organisation("vehicle"),
            models.UniqueConstraint(
                fields=["organisation", "plate"],
                condition=~models.Q(plate="") & models.Q(archived_at=None),
                name="vehicle_plate_once",
            ),
            models.UniqueConstraint(
                fields=["organisation", "vin"],
                condition=~models.Q(vin="") & models.Q(archived_at=None),
                name="vehicle_vin_once",
            ),
            models.CheckConstraint(
                condition=models.Q(odometer_m=None, odometer_at=None)
                | models.Q(odometer_m__isnull=False, odometer_at__isnull=False),
                name="vehicle_odometer_has_its_time",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "name", "id"], name="vehicle_by_name")]

    def __str__(self) -> str:
        return f"vehicle {self.pk}"


class Category(models.TextChoices):
    """Kinds of materials."""

    TOOL = "tool", _("Tool")
    MACHINE = "machine", _("Machine")
    CONTAINER = "container", _("Container")
    TRAILER = "trailer", _("Trailer")
    ATTACHMENT = "attachment", _("Attachment")
    MEASURING = "measuring", _("Measuring device")
    SAFETY = "safety", _("Safety equipment")
    OTHER = "other", _("Other")


def new_token() -> str:
    """What the QR code of a material says: 128 random bits."""
    return secrets.token_urlsafe(16)


@labels.tenant_table(
    nobody="a thing of the firm; who has it stands in custody",
    **COMMON,
    name=labels.THING,
    serial=labels.PLATE,
    token=labels.TOKEN,
    **dict.fromkeys(
        ("category", "brand", "model", "purchased_on", "purchase_value", "hours", "hours_at"), labels.THING
    ),
    groups=labels.GROUPS,
    note=labels.NOTE,
)
class Material(Registered):
    """A tool, machine, container or trailer, with or without a tracker. ``hours``: its meter at ``hours_at``."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices, default=Category.TOOL)
    serial = models.CharField(_("serial number"), max_length=100, blank=True, default="")
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    brand = models.CharField(_("brand"), max_length=50, blank=True, default="")
    model = models.CharField(_("model"), max_length=50, blank=True, default="")
    purchased_on = models.DateField(_("bought on"), null=True, blank=True)
    purchase_value = models.DecimalField(
        _("purchase value (€)"), max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )  # fmt: skip
    hours = models.DecimalField(
        _("hours meter (h)"), max_digits=10, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )  # fmt: skip
    hours_at = models.DateTimeField(_("read at"), null=True, blank=True)
    groups = ArrayField(models.CharField(max_length=50), verbose_name=_("groups"), default=list, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True, default="")

    class Meta:
        constraints = [
            of_organisation("material"),
            models.CheckConstraint(
                condition=models.Q(hours=None, hours_at=None) | models.Q(hours__isnull=False, hours_at__isnull=False),
                name="material_hours_have_their_time",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "name", "id"], name="material_by_name")]

    def __str__(self) -> str:
        return f"material {self.pk}"
