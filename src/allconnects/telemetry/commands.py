"""The table of what devices were told to do."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Organisation
from allconnects.kit.labels import Label, Way, labelled
from allconnects.telemetry.models import Device, device_label


class CommandState(models.TextChoices):
    """How far a command has come."""

    QUEUED = "queued", _("Waits for the device")
    SENT = "sent", _("Sent")
    ANSWERED = "answered", _("Answered")
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Withdrawn")


def command_label(category: str, identifiability: str = "pseudonymous", export: str = "derived") -> Label:
    """Label of a column about who told a device to do what."""
    return device_label(category, identifiability, export, retention="command")


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="SELECT, UPDATE",
    worker="SELECT, UPDATE, DELETE",
    **dict.fromkeys(
        ("id", "organisation_id", "device_id", "state", "created_at", "expires_at", "sent_at", "done_at", "attempts"),
        command_label("user.device"),
    ),
    created_by_id=command_label("user.account", "indirect"),
    text=command_label("user.device", export="provided"),
    reply=command_label("user.device.telemetry", export="observed"),
    found=(Way("during", "device_id", "created_at"),),
)
class Command(models.Model):
    """What somebody told a device to do, in the device's own words, and what it answered.

    Waits until the device is connected, no longer than ``expires_at``; sent once: a command that got no answer is
    not repeated by itself, for it may have been carried out.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    device = models.ForeignKey(Device, on_delete=models.CASCADE)
    text = models.CharField(_("command"), max_length=500)
    state = models.CharField(max_length=10, choices=CommandState.choices, default=CommandState.QUEUED)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    reply = models.CharField(max_length=2000, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=CommandState.values), name="command_state_known"),
        ]
        indexes = [
            models.Index(fields=["organisation", "device", "-id"], name="command_recent"),
            models.Index(fields=["device", "id"], condition=models.Q(state="queued"), name="command_waiting"),
        ]

    def __str__(self) -> str:
        return f"command {self.pk}"
