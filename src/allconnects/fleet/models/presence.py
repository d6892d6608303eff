"""Which device sits in what, who carries which badge, who is in which vehicle."""

from __future__ import annotations

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.fleet import labels
from allconnects.fleet.models.people import Person
from allconnects.fleet.models.things import Material, Vehicle
from allconnects.telemetry.models import Device


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "device_id", "vehicle_id", "material_id", "main", "during"), labels.ID),
    person_id=labels.PERSON_ID,
)
class Installation(models.Model):
    """A device in a vehicle, in a material or on a person, from–to (beginning included, end not).

    The database admits a device in one place at a time, and one main device at a time in each place.
    """

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="installations")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, null=True, blank=True, related_name="installations")
    material = models.ForeignKey(
        Material, on_delete=models.CASCADE, null=True, blank=True, related_name="installations"
    )  # fmt: skip
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True, related_name="installations")
    main = models.BooleanField(_("main device"), default=True)
    during = DateTimeRangeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(vehicle__isnull=False, material=None, person=None)
                | models.Q(vehicle=None, material__isnull=False, person=None)
                | models.Q(vehicle=None, material=None, person__isnull=False),
                name="installation_in_one",
            )
        ]

    def __str__(self) -> str:
        return f"installation {self.pk}"


class BadgeKind(models.TextChoices):
    """What a person identifies with."""

    RFID = "rfid", _("RFID card")
    DALLAS = "dallas", _("Dallas key (iButton)")
    NFC = "nfc", _("NFC tag")
    QR = "qr", _("QR code")
    PHONE = "phone", _("Phone")
    PIN = "pin", _("PIN code")


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "kind"), labels.ID),
    person_id=labels.PERSON_ID,
    token_hash=labels.BADGE_HASH,
    last4=labels.PLATE,
    valid_from=labels.STAMP,
    revoked_at=labels.STAMP,
)
class Badge(models.Model):
    """What a person identifies with. The number itself is kept nowhere: a keyed hash of it, and its last four signs."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="badges")
    kind = models.CharField(_("kind"), max_length=10, choices=BadgeKind.choices, default=BadgeKind.RFID)
    token_hash = models.CharField(max_length=64, editable=False)
    last4 = models.CharField(max_length=4, editable=False)
    valid_from = models.DateTimeField(_("valid from"))
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "token_hash"], condition=models.Q(revoked_at=None), name="badge_valid_once"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=BadgeKind.values), name="badge_kind_known"),
        ]
        indexes = [models.Index(fields=["organisation", "token_hash"], name="badge_by_number")]

    def __str__(self) -> str:
        return f"badge {self.pk}"


class Role(models.TextChoices):
    """As what a person is in a vehicle."""

    DRIVER = "driver", _("Driver")
    PASSENGER = "passenger", _("Passenger")


class Source(models.TextChoices):
    """How it is known who is in a vehicle; in the order of how much it is believed (``fleet.rules.RANK``)."""

    MANUAL = "manual", _("Corrected by hand")
    BADGE = "badge", _("Badge in the vehicle")
    DALLAS = "dallas", _("Dallas key")
    PHONE = "phone", _("Phone")
    QR = "qr", _("QR code")
    PLANNING = "planning", _("Planning")


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "vehicle_id", "role", "during", "source", "rank"), labels.PRESENCE),
    person_id=labels.PRESENT,
)
class Occupancy(models.Model):
    """Who was in a vehicle from–to, as the ranked sources say: made by ``fleet.services.presence``, never edited.

    The database admits one driver at a time in a vehicle, and a person in one vehicle at a time.
    ``rank``: 1 is believed most.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="occupancies")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="occupancies")
    role = models.CharField(max_length=10, choices=Role.choices)
    during = DateTimeRangeField()
    source = models.CharField(max_length=10, choices=Source.choices)
    rank = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="occupancy_role_known"),
            models.CheckConstraint(condition=models.Q(source__in=Source.values), name="occupancy_source_known"),
        ]

    def __str__(self) -> str:
        return f"occupancy {self.pk}"
