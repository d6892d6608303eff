"""Months that a human approved for payroll, and what people say against what was computed of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.fleet.models import Person
from allconnects.kit import clock
from allconnects.reports import labels
from allconnects.reports.ready import ANSWERS


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


class Outcome(models.TextChoices):
    """What became of it."""

    OPEN = "", _("Waits for an answer")
    CORRECTED = "corrected", _("Corrected")
    KEPT = "kept", _("Stays as it is")
    WITHDRAWN = "withdrawn", _("Withdrawn")


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "month", "day", "digest", "said_at", "outcome", "ready", "answered_at"),
        labels.PAYROLL,
    ),
    person_id=labels.PAYROLL_WHO,
    figures=labels.PAYROLL_FIGURES,
    answered_figures=labels.PAYROLL_FIGURES,
    reason=labels.CONTEST_TEXT,
    answer=labels.CONTEST_TEXT,
    answered_by_id=labels.PAYROLL_WHO,
)
class Contest(models.Model):
    """A person says that hours or kilometres of a month, or of one day, are wrong; a named human answers.

    ``figures``: the month as it stood when he said so; ``answered_figures``: as it stood when it was answered.
    ``ready``: code of an answer that stood ready (``reports.ready``); ``answer`` has its words in his language.
    """

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    day = models.DateField(null=True)
    reason = models.CharField(max_length=500)
    figures = models.JSONField()
    digest = models.CharField(max_length=64)
    said_at = models.DateTimeField(default=clock.now)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN, blank=True)
    answer = models.CharField(max_length=500, default="", blank=True)
    ready = models.CharField(max_length=20, default="", blank=True)
    answered_figures = models.JSONField(null=True)
    answered_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(outcome__in=Outcome.values), name="contest_outcome_known"),
            models.UniqueConstraint(
                fields=["organisation", "person", "month", "day"], condition=models.Q(outcome=""),
                name="contest_open_once", nulls_distinct=False,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"contest {self.pk}"

    @property
    def told(self) -> str:
        """The answer, in the language of whoever reads it where it stood ready."""
        return str(ANSWERS.get(self.ready, self.answer))
