"""Devices, what happened to them, and those that nobody has registered.

Positions and live state are plain SQL tables (``store/schema.sql``): too hot and too many for an ORM.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Organisation
from allconnects.kit.labels import Label, Way, labelled

DEVICE = {
    "group": "product_device",
    "subject": "driver",
    "purpose": "device.operate",
    "basis": "legitimate_interest",
    "retention": "relation",
    "erasure": "delete_row",
}


def device_label(category: str, identifiability: str, export: str, **extra: str) -> Label:
    """Label of a column about a device, and so, by who carries or drives it, about a person."""
    return Label(category, identifiability=identifiability, export=export, **{**DEVICE, **extra})  # type: ignore[arg-type]


REFERENCE = device_label("user.device", "pseudonymous", "derived")


class Kind(models.TextChoices):
    """What a device is on: it decides the symbol on the map."""

    VEHICLE = "vehicle", _("Vehicle")
    PHONE = "phone", _("Phone")
    MATERIAL = "material", _("Material")


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="SELECT",
    worker="SELECT",
    id=REFERENCE,
    organisation_id=REFERENCE,
    name=device_label("user.device", "indirect", "provided"),
    kind=device_label("user.device", "pseudonymous", "provided"),
    identifier=device_label("user.unique_id", "indirect", "provided"),
    protocol=device_label("user.device", "pseudonymous", "observed"),
    secret_hash=device_label(
        "user.authorization.credentials",
        "pseudonymous",
        "excluded",
        excluded_because="a hash of the device's secret; disclosing it helps nobody but a forger",
    ),
    created_at=device_label("user.device", "pseudonymous", "derived"),
    scheduled=device_label("user.device", "pseudonymous", "provided"),
    gate_version=device_label("user.device", "pseudonymous", "derived"),
    private_input=device_label("user.device", "pseudonymous", "provided"),
    nobody="a thing of the firm, or a phone that goes with its person (telemetry/erasing.py)",
    more="SELECT, UPDATE, DELETE",
)
class Device(models.Model):
    """The sending hardware or phone app. ``identifier`` is what it calls itself: an IMEI or a chosen id.

    ``scheduled`` and ``gate_version`` are ``store.gate``'s: whether it is recorded in some times only, and how often
    that changed. ``private_input``: attribute by which a switch in the vehicle asks for private time, or empty.
    """

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.VEHICLE)
    identifier = models.CharField(_("identifier"), max_length=100, unique=True)
    protocol = models.CharField(max_length=20, default="", blank=True)
    secret_hash = models.CharField(max_length=64, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    scheduled = models.BooleanField(default=False, db_default=False, editable=False)
    gate_version = models.IntegerField(default=0, db_default=0, editable=False)
    private_input = models.CharField(max_length=20, default="", db_default="", blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="device_of_organisation"),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="device_kind_known"),
        ]

    def __str__(self) -> str:
        return f"device {self.pk}"


@labelled(
    web="SELECT, DELETE",
    ingest="SELECT, INSERT, UPDATE, DELETE",
    worker="SELECT, DELETE",
    id=REFERENCE,
    protocol=device_label("user.device", "pseudonymous", "observed"),
    identifier=device_label("user.unique_id", "indirect", "observed"),
    first_seen=device_label("user.device.telemetry", "pseudonymous", "observed"),
    last_seen=device_label("user.device.telemetry", "pseudonymous", "observed"),
    attempts=device_label("user.device.telemetry", "pseudonymous", "observed"),
    nobody="nobody registered it: it belongs to no organisation and to no person",
)
class UnknownDevice(models.Model):
    """A device that called and that nobody has registered; nothing that it sent is kept."""

    id = models.AutoField(primary_key=True)
    protocol = models.CharField(max_length=20)
    identifier = models.CharField(max_length=100)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    attempts = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["protocol", "identifier"], name="unknown_device_once")]

    def __str__(self) -> str:
        return f"unknown device {self.pk}"


class EventKind(models.TextChoices):
    """What can happen to a device."""

    SEEN_TWICE = "seen_twice", _("Seen from two places at once")
    WRONG_SECRET = "wrong_secret", _("Wrong device secret")
    LIMIT = "limit", _("Too many connections")
    CRASH = "crash", _("Crash reported in private time")


@labelled(
    tenant="organisation_id",
    web="SELECT, DELETE",
    ingest="INSERT",
    worker="SELECT, DELETE",
    id=device_label("user.device.telemetry", "pseudonymous", "observed"),
    organisation_id=REFERENCE,
    device_id=REFERENCE,
    kind=device_label("user.device.telemetry", "pseudonymous", "observed"),
    at=device_label("user.device.telemetry", "pseudonymous", "observed"),
    found=(Way("during", "device_id", "at"),),
)
class Event(models.Model):
    """Something that happened to a device and that somebody should know of."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, null=True)
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-at"], name="event_recent")]

    def __str__(self) -> str:
        return f"event {self.pk}"


import allconnects.telemetry.commands  # noqa: E402
import allconnects.telemetry.imports.models  # noqa: E402  (tables of a part of this room)
import allconnects.telemetry.keeping.models  # noqa: E402, F401
