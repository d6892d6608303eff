"""Reports that are sent by themselves, who ran which report, and what became of each sending."""

from __future__ import annotations

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, ApiToken, Organisation
from allconnects.kit import clock
from allconnects.reports import labels


class Frequency(models.TextChoices):
    """How often a report is sent."""

    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


class Form(models.TextChoices):
    """What a report can be written as."""

    PAGE = "page", _("Page")
    XLSX = "xlsx", "XLSX"
    CSV = "csv", "CSV"
    PDF = "pdf", "PDF"
    JSON = "json", "JSON"


FILES = (Form.XLSX, Form.CSV, Form.PDF)


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "title", "report", "purpose", "form", "frequency", "weekday", "month_day", "hour",
         "attach", "link_days", "paused", "created_at", "next_at"),
        labels.SCHEDULE,
    ),
    scope=labels.SCHEDULE_SCOPE,
    created_by_id=labels.SCHEDULE_WHO,
)  # fmt: skip
class Schedule(models.Model):
    """A report that is sent by itself. ``hour`` is Brussels wall clock; ``next_at`` is None while paused."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    title = models.CharField(_("title"), max_length=100)
    report = models.CharField(max_length=30)
    purpose = models.CharField(max_length=30)
    scope = models.JSONField(default=dict)
    form = models.CharField(_("file"), max_length=5, choices=[(f.value, f.label) for f in FILES], default=Form.PDF)
    frequency = models.CharField(_("how often"), max_length=10, choices=Frequency.choices, default=Frequency.WEEKLY)
    weekday = models.SmallIntegerField(default=0, validators=[MinValueValidator(0), MaxValueValidator(6)])
    month_day = models.SmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(28)])
    hour = models.SmallIntegerField(_("hour"), default=6, validators=[MinValueValidator(0), MaxValueValidator(23)])
    attach = models.BooleanField(_("attach the file"), default=False)
    link_days = models.SmallIntegerField(
        _("days that the link works"), default=7, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    paused = models.BooleanField(default=False)
    created_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    next_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], condition=models.Q(paused=False), name="report_schedule_due")]

    def __str__(self) -> str:
        return f"schedule {self.pk}"


@labels.kept_rows(
    **dict.fromkeys(
        ("id", "organisation_id", "token_id", "schedule_id", "report", "purpose", "first", "last", "grouped", "form",
         "lines", "outside_hours", "at"),
        labels.RUN,
    ),
    account_id=labels.RUN_WHO,
    scope=labels.RUN_SCOPE,
)  # fmt: skip
class Run(models.Model):
    """Who made which report for which purpose and about what; never what stood in it. Rows are only ever added."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    token = models.ForeignKey(ApiToken, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    schedule = models.ForeignKey(
        Schedule, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    report = models.CharField(max_length=30)
    purpose = models.CharField(max_length=30)
    first = models.DateField()
    last = models.DateField()
    grouped = models.CharField(max_length=20, blank=True, default="")
    scope = models.JSONField(default=dict)
    form = models.CharField(max_length=5, choices=Form.choices)
    lines = models.IntegerField()
    outside_hours = models.BooleanField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-at"], name="report_run_recent")]

    def __str__(self) -> str:
        return f"run {self.pk}"


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "schedule_id", "unsubscribed_at"), labels.SCHEDULE),
    account_id=labels.SCHEDULE_WHO,
)
class Receiver(models.Model):
    """A member who gets a scheduled report, until he has had enough of it."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="receivers")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    unsubscribed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "account"], name="report_receiver_once")]

    def __str__(self) -> str:
        return f"receiver {self.pk}"


SURE_AFTER = timedelta(minutes=10)
"""A mail server that has not answered by then does not any more."""


class DeliveryState(models.TextChoices):
    """What became of one sending of a scheduled report to one receiver."""

    WAITING = "waiting", _("Waiting")
    UNSURE = "unsure", _("Perhaps sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not sent")


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "schedule_id", "receiver_id", "due_at", "first", "last", "state", "problem",
         "attempts", "lines", "finished_at", "expires_at"),
        labels.DELIVERY,
    ),
)  # fmt: skip
class Delivery(models.Model):
    """One sending to one receiver. A schedule, receiver and moment make one delivery, however often a job runs."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="deliveries")
    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="deliveries")
    due_at = models.DateTimeField()
    first = models.DateField()
    last = models.DateField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    problem = models.CharField(max_length=30, blank=True, default="")
    attempts = models.SmallIntegerField(default=0)
    lines = models.IntegerField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["receiver", "due_at"], name="report_delivery_once")]
        indexes = [models.Index(fields=["organisation", "-due_at"], name="report_delivery_recent")]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def unsure(self) -> bool:
        """Whether nobody knows if it was sent: begun a while ago, and no word since."""
        if self.state != DeliveryState.UNSURE or self.finished_at is None:
            return False
        return self.finished_at < clock.now() - SURE_AFTER
