"""Links that show a part of the map to somebody without an account, views that people keep, messages with drivers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.fleet.models import Vehicle
from allconnects.products.live_connects import labels
from allconnects.telemetry.models import Device

NAMES_MOST = 80
MESSAGE_MOST = 2000


class Precision(models.TextChoices):
    """How closely a link shows where something is."""

    EXACT = "exact", _("To the metre")
    STREET = "street", _("To about 200 m")
    TOWN = "town", _("To about 2 km")


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "begins_at", "ends_at", "with_name", "precision", "created_at", "revoked_at",
         "opened", "opened_at"),
        labels.SHARE,
    ),
    title=labels.SHARE_NAME,
    token_hash=labels.SHARE_HASH,
    created_by_id=labels.SHARE_BY,
)  # fmt: skip
class Share(models.Model):
    """A link that shows some devices from ``begins_at`` until ``ends_at``, and nothing of before.

    Only a hash of its secret is kept. ``opened``, ``opened_at``: how often and when last; by whom is not noted.
    """

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    title = models.CharField(_("title"), max_length=NAMES_MOST)
    token_hash = models.CharField(max_length=64, unique=True)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    with_name = models.BooleanField(_("with names"), default=False)
    precision = models.CharField(_("precision"), max_length=10, choices=Precision.choices, default=Precision.EXACT)
    created_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened = models.IntegerField(default=0)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "live_share"
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("begins_at")), name="share_ends_after"),
            models.CheckConstraint(condition=models.Q(precision__in=Precision.values), name="share_precision_known"),
        ]
        indexes = [models.Index(fields=["organisation", "-created_at"], name="share_recent")]

    def __str__(self) -> str:
        return f"share {self.pk}"


@labels.tenant_table(
    nobody="which things a link shows; who had them stands in occupancies",
    **dict.fromkeys(("id", "organisation_id", "share_id", "device_id"), labels.SHARE),
)
class ShareDevice(models.Model):
    """A device that a link shows."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="devices")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "live_share_device"
        constraints = [models.UniqueConstraint(fields=["share", "device"], name="share_device_once")]

    def __str__(self) -> str:
        return f"share device {self.pk}"


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "account_id", "name", "created_at"), labels.OWN),
    filters=labels.OWN_FILTERS,
)
class SavedView(models.Model):
    """Filters and place of the map under a name; its account's own."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=NAMES_MOST)
    filters = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "live_view"
        constraints = [models.UniqueConstraint(fields=["organisation", "account", "name"], name="view_name_once")]

    def __str__(self) -> str:
        return f"view {self.pk}"


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "at", "read_at", "mailed_at", "client_id"), labels.MESSAGE),
    driver_id=labels.MESSAGE_BY,
    sender_id=labels.MESSAGE_BY,
    text=labels.MESSAGE_TEXT,
)
class Message(models.Model):
    """One message of the thread between the office and one driver. ``sender`` is the driver or somebody of the office,
    None for a program of the office.

    ``read_at``: when the other side first had it before them; both see that. ``client_id`` is chosen by who sends,
    so that a message that is sent twice on a bad network stands there once. ``mailed_at``: when it was announced by
    mail, because it was not read.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    driver = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    sender = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", null=True)
    text = models.CharField(_("message"), max_length=MESSAGE_MOST)
    client_id = models.CharField(max_length=40)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "live_message"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "sender", "client_id"], name="message_once", nulls_distinct=False
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "driver", "-id"], name="message_thread"),
            models.Index(fields=["organisation", "at"], condition=models.Q(read_at=None), name="message_unread"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "account_id", "dismissed_at"), labels.OWN),
)
class FirstHour(models.Model):
    """Somebody put the steps of the first hour away; whether they are done is never stored, but looked at."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    dismissed_at = models.DateTimeField()

    class Meta:
        db_table = "live_first_hour"
        constraints = [models.UniqueConstraint(fields=["organisation", "account"], name="first_hour_once")]

    def __str__(self) -> str:
        return f"first hour {self.pk}"


@labels.tenant_table(
    nobody="sums of a day of a vehicle, whoever drove it",
    **dict.fromkeys(("id", "organisation_id", "vehicle_id", "day", "trips"), labels.USE),
    **dict.fromkeys(("distance_m", "driving_s", "idle_s"), labels.USE_MEASURED),
)
class Use(models.Model):
    """What a vehicle did on a Brussels day, counted from its trips by ``counting``: made anew, never edited.

    Overviews add up a hundred thousand of these where they would have to add up half a million trips.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    trips = models.IntegerField()
    distance_m = models.FloatField()
    driving_s = models.FloatField()
    idle_s = models.FloatField()

    class Meta:
        db_table = "live_use"
        constraints = [models.UniqueConstraint(fields=["organisation", "day", "vehicle"], name="use_once")]

    def __str__(self) -> str:
        return f"use {self.pk}"
