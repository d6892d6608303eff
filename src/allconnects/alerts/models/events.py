"""What rules found, and what was done about it."""

from __future__ import annotations

from django.db import models

from allconnects.accounts.models import Account, Organisation
from allconnects.alerts import labels
from allconnects.alerts.models.rules import Rule
from allconnects.alerts.models.words import Handling, What, known
from allconnects.kit import clock
from allconnects.kit.labels import Way, labelled


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT, UPDATE, DELETE",
    **dict.fromkeys(
        ("id", "organisation_id", "rule_id", "start_at", "end_at", "raised_at", "peak", "peak_at", "handling",
         "notified", "corrected", "escalated_at", "snoozed_until", "changed_at"),
        labels.FOUND,
    ),
    **dict.fromkeys(("device", "subject", "subject_name"), labels.ABOUT),
    found=(Way("during", "device", "start_at", "end_at"), Way("word", "subject")),
    lat_e7=labels.PLACE,
    lon_e7=labels.PLACE,
)  # fmt: skip
class Alert(models.Model):
    """One event of one rule about one thing, from start to end; ``end_at`` empty while it goes on.

    ``device`` is 0 for what has no device; ``subject``: ``vehicle:ID``, ``material:ID`` or ``device:ID`` at its start.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE)
    device = models.IntegerField(default=0)
    subject = models.CharField(max_length=60)
    subject_name = models.CharField(max_length=120)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField(null=True)
    raised_at = models.DateTimeField()
    peak = models.FloatField(null=True)
    peak_at = models.DateTimeField(null=True)
    lat_e7 = models.IntegerField(null=True)
    lon_e7 = models.IntegerField(null=True)
    handling = models.CharField(max_length=12, choices=Handling.choices, default=Handling.OPEN)
    notified = models.BooleanField(default=False)
    corrected = models.BooleanField(default=False)
    escalated_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            known("handling", Handling, "alert_handling_known"),
            models.UniqueConstraint(fields=["organisation", "rule", "subject", "start_at"], name="alert_once"),
        ]
        indexes = [
            models.Index(fields=["organisation", "-start_at", "-id"], name="alert_recent"),
            models.Index(fields=["organisation", "handling", "-start_at"], name="alert_handled"),
            models.Index(fields=["organisation", "rule", "device", "-start_at"], name="alert_of_rule"),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT, DELETE",
    id=labels.STEP,
    organisation_id=labels.STEP,
    alert_id=labels.STEP,
    what=labels.STEP,
    at=labels.STEP,
    account_id=labels.WHO,
    note=labels.told_label("user.account", export="provided"),
)
class Step(models.Model):
    """The history of an event: what happened, when, by whom; nobody where the platform did it."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="steps")
    what = models.CharField(max_length=12, choices=What.choices)
    at = models.DateTimeField(default=clock.now)
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True)
    note = models.CharField(max_length=500, default="", blank=True)

    def __str__(self) -> str:
        return f"step {self.pk}"
