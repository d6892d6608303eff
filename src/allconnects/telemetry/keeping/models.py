"""Decisions on how long positions are kept, and certificates of what went."""

from __future__ import annotations

from dataclasses import replace

from django.db import models

from allconnects.accounts.labels import account_label
from allconnects.accounts.models import Account, Organisation
from allconnects.kit import clock
from allconnects.kit.labels import Way, labelled
from allconnects.privacy.retention import MOST_DAYS

FREE_DAYS = 60
"""As long as anybody may keep positions without a law that obliges (GBA/APD; CNIL NS-51: two months)."""
_DECISION = replace(account_label("user.settings", export="provided"), erasure="unlink")


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT",
    worker="SELECT",
    id=_DECISION,
    organisation_id=_DECISION,
    days=_DECISION,
    obligation=_DECISION,
    citation=_DECISION,
    decided_by=replace(account_label("user.name", "direct", "provided"), erasure="replace_token", becomes="'-'"),
    account_id=replace(_DECISION, erasure="nullify"),
    found=(Way("account", "account_id"),),
    at=_DECISION,
)
class Keeping(models.Model):
    """A decision; the newest one of an organisation holds. Older ones stay as they were, also without their account."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    days = models.IntegerField()
    obligation = models.CharField(max_length=300, default="", blank=True)
    citation = models.CharField(max_length=200, default="", blank=True)
    decided_by = models.CharField(max_length=150, default="", blank=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, db_constraint=False, null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "telemetry_keeping"
        indexes = [models.Index(fields=["organisation", "-id"], name="keeping_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(days__gte=1, days__lte=MOST_DAYS), name="keeping_at_most_six_years"
            ),
            models.CheckConstraint(
                condition=models.Q(days__lte=FREE_DAYS)
                | models.Q(obligation__regex=r"\S", citation__regex=r"\S", decided_by__regex=r"\S"),
                name="keeping_longer_only_by_law",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days} days"


class Certificate(models.Model):
    """Proof of what went, of one organisation; written by the database in the transaction in which it went."""

    id = models.BigIntegerField(primary_key=True)
    organisation_id = models.IntegerField(null=True)
    dataset = models.TextField()
    leaf = models.TextField()
    first_day = models.DateField()
    end_day = models.DateField()
    reason = models.TextField()
    count = models.BigIntegerField()
    bytes = models.BigIntegerField()
    digest = models.TextField()
    at = models.DateTimeField()
    held = models.BigIntegerField(help_text="rows that stayed because they are withheld")

    class Meta:
        managed = False
        db_table = "telemetry_certificate"

    def __str__(self) -> str:
        return f"certificate {self.pk}"
