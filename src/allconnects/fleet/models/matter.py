"""What goes with vehicles, materials and people: documents, custody, Bluetooth tags."""

from __future__ import annotations

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account
from allconnects.fleet import labels
from allconnects.fleet.models.base import Registered
from allconnects.fleet.models.people import Person
from allconnects.fleet.models.things import COMMON, Material, Vehicle
from allconnects.telemetry.models import Device


class DocumentKind(models.TextChoices):
    """What a document is."""

    INSPECTION = "inspection", _("Technical inspection")
    INSURANCE = "insurance", _("Insurance (green card)")
    LEASE = "lease", _("Lease contract")
    REGISTRATION = "registration", _("Registration certificate")
    TACHOGRAPH = "tachograph", _("Tachograph calibration")
    TRANSPORT_LICENCE = "transport_licence", _("Transport licence")
    LOLER = "lifting", _("Inspection of lifting equipment")
    DRIVING_LICENCE = "driving_licence", _("Driving licence")
    DRIVER_CARD = "driver_card", _("Driver card")
    CODE_95 = "code_95", _("Professional competence (code 95)")
    MEDICAL = "medical", _("Medical fitness (group 2)")
    CONSTRUBADGE = "construbadge", _("ConstruBadge")
    WARRANTY = "warranty", _("Warranty")
    OTHER = "other", _("Other")


@labels.tenant_table(
    **COMMON,
    **dict.fromkeys(("vehicle_id", "material_id"), labels.ID),
    person_id=labels.PERSON_ID,
    **dict.fromkeys(("kind", "number", "valid_from", "valid_until", "note"), labels.DOCUMENT),
)
class Document(Registered):
    """A paper that expires, of a vehicle, a material or a person; last day of validity included."""

    id = models.AutoField(primary_key=True)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, null=True, blank=True, related_name="documents")
    material = models.ForeignKey(Material, on_delete=models.CASCADE, null=True, blank=True, related_name="documents")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True, related_name="documents")
    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind.choices)
    number = models.CharField(_("number"), max_length=60, blank=True, default="")
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(vehicle__isnull=False, material=None, person=None)
                | models.Q(vehicle=None, material__isnull=False, person=None)
                | models.Q(vehicle=None, material=None, person__isnull=False),
                name="document_of_one",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="document_in_order",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "valid_until"], name="document_expiry")]

    def __str__(self) -> str:
        return f"document {self.pk}"


class Holder(models.TextChoices):
    """In whose or what's keeping a material is."""

    PERSON = "person", _("In the hands of a person")
    VEHICLE = "vehicle", _("In a vehicle")
    SITE = "site", _("At a site")
    TRANSIT = "transit", _("On its way")


class How(models.TextChoices):
    """How a custody is known."""

    SCAN = "scan", _("Scanned")
    HAND = "hand", _("Entered by hand")
    COUPLED = "coupled", _("Coupled")


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "material_id", "holder", "vehicle_id", "site", "site_name", "during", "how"),
        labels.PRESENCE,
    ),
    person_id=labels.PRESENT,
    made_by_id=labels.PRESENT,
    note=labels.REASON,
)
class Custody(models.Model):
    """Who or what had a material from–to; the chain of a material has no overlap.

    ``site``: number of a place; places live a floor above, so nothing here follows it. ``site_name``: as it was called.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="custodies")
    holder = models.CharField(max_length=10, choices=Holder.choices)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, null=True, blank=True)
    site = models.IntegerField(null=True, blank=True)
    site_name = models.CharField(max_length=100, blank=True, default="")
    during = DateTimeRangeField()
    how = models.CharField(max_length=10, choices=How.choices)
    note = models.CharField(max_length=200, blank=True, default="")
    made_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(holder=Holder.PERSON, person__isnull=False, vehicle=None, site=None)
                | models.Q(holder=Holder.VEHICLE, person=None, vehicle__isnull=False, site=None)
                | models.Q(holder=Holder.SITE, person=None, vehicle=None)
                | models.Q(holder=Holder.TRANSIT, person=None, vehicle=None, site=None),
                name="custody_by_one",
            ),
            models.CheckConstraint(condition=models.Q(how__in=How.values), name="custody_how_known"),
        ]

    def __str__(self) -> str:
        return f"custody {self.pk}"


@labels.tenant_table(
    nobody="a tag on a thing; who has the thing stands in custody",
    **dict.fromkeys(("id", "organisation_id", "material_id"), labels.ID),
    identifier=labels.PLATE,
    **dict.fromkeys(("heard_at", "heard_by_id", "rssi_dbm", "battery_low"), labels.HEARD),
    **dict.fromkeys(("heard_lat_e7", "heard_lon_e7"), labels.HEARD_AT),
)
class Tag(models.Model):
    """A Bluetooth tag on a material, and where it was heard last: the place of the tracker or phone that heard it."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="tags")
    identifier = models.CharField(_("identifier"), max_length=80)
    heard_at = models.DateTimeField(null=True, editable=False)
    heard_by = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True, editable=False)
    heard_lat_e7 = models.IntegerField(null=True, editable=False)
    heard_lon_e7 = models.IntegerField(null=True, editable=False)
    rssi_dbm = models.SmallIntegerField(null=True, editable=False)
    battery_low = models.BooleanField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "identifier"], name="tag_once")]

    def __str__(self) -> str:
        return f"tag {self.pk}"
