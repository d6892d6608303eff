"""Months that a human approved for payroll."""

from __future__ import annotations

from django.db import models

from allconnects.accounts.models import Account, Organisation
from allconnects.fleet.models import Person
from allconnects.kit import clock
from allconnects.reports import labels


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "month", "digest", "approved_at", "reopened_at"), labels.PAYROLL),
    person_id=labels.PAYROLL_WHO,
    figures=labels.PAYROLL_FIGURES,
    approved_by_id=labels.PAYROLL_WHO,
    reopened_by_id=labels.PAYROLL_WHO,
)
class PayrollMonth(models.Model):
    """The month of a person as a named human approved it; ``figures`` keep what was seen. Reopened ones stay."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    figures = models.JSONField()
    digest = models.CharField(max_length=64)
    approved_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(default=clock.now)
    reopened_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "person", "month"],
                condition=models.Q(reopened_at=None),
                name="payroll_month_approved_once",
            )
        ]

    def __str__(self) -> str:
        return f"payroll month {self.pk}"
