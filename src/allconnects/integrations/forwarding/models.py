"""Where positions are forwarded to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Organisation
from allconnects.kit import clock
from allconnects.kit.labels import NOT_PERSONAL, Label, labelled

_SECRET = Label(
    "user.authorization.credentials", "none", "none", "none", "none", "none", "none", "none", "excluded",
    "nonce, then the password, encrypted under a key of the data folder", "not about a person",
)  # fmt: skip
_FILTER = Label(
    "user.device", "product_device", "driver", "pseudonymous", "fleet.dispatch", "legitimate_interest", "relation",
    "delete_row", "derived", "kinds of devices, and lists of ids of devices, vehicles, materials and groups",
)  # fmt: skip


class Kind(models.TextChoices):
    """Protocols."""

    MQTT = "mqtt", "MQTT"
    NATS = "nats", "NATS"
    HTTP = "http", "HTTP"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT",
    **dict.fromkeys(
        ("id", "organisation_id", "name", "kind", "url", "topic", "username", "enabled", "sent_to", "seen", "sent",
         "skipped", "failing_since", "error", "created_at"),
        NOT_PERSONAL,
    ),
    password=_SECRET,
    filter=_FILTER,
    nobody="what to forward; it names things of the firm",
)  # fmt: skip
class Target(models.Model):
    """A broker or server. ``sent_to``: receipt up to which everything was handed over; ``skipped``: positions that
    were gone before it could be reached again. ``seen``: the commits that were looked at, as a snapshot, so that a
    batch that commits long after its receipt is handed over as well."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    url = models.CharField(_("address"), max_length=500)
    topic = models.CharField(_("topic"), max_length=200, default="allconnects/{device}", blank=True)
    username = models.CharField(_("user name"), max_length=100, default="", blank=True)
    password = models.BinaryField(null=True)
    filter = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)
    sent_to = models.DateTimeField(default=clock.now)
    seen = models.TextField(default="", blank=True)
    sent = models.BigIntegerField(default=0)
    skipped = models.DurationField(null=True)
    failing_since = models.DateTimeField(null=True)
    error = models.CharField(max_length=40, default="", blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="forwarding_kind_known"),
        ]

    def __str__(self) -> str:
        return f"forwarding target {self.pk}"
