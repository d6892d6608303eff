"""The table of breaches."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.kit import clock
from allconnects.kit.labels import Label, labelled
from allconnects.privacy.breaches import rules

_TOLD = Label(
    "user.account", "security", "account_holder", "indirect", "rights.handle", "legal_obligation", "breach",
    "retain:audit", "derived", schema="words of the inventory: categories of data",
)  # fmt: skip


class Risk(models.TextChoices):
    """Risk for the people concerned: it decides who has to be told."""

    NONE = "none", _("unlikely: the authority need not be told")
    LIKELY = "likely", _("there is one: the authority is told")
    HIGH = "high", _("high: the people are told too")


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE",
    ingest="",
    worker="SELECT, DELETE",
    **dict.fromkeys(
        ("id", "organisation_id", "title", "noticed_at", "began_at", "ended_at", "what", "categories", "persons",
         "consequences", "measures", "reason", "risk", "source", "notified_at", "persons_told_at", "closed_at",
         "opened_by_id", "created_at", "changed_at"),
        _TOLD,
    ),
)  # fmt: skip
class Breach(models.Model):
    """One breach. ``source``: the account or token that it came through, such as ``token:3``; empty when unknown.

    ``persons``: about how many; None: not known yet. ``reason``: why late, why nobody was told.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    title = models.CharField(_("in a few words"), max_length=100)
    noticed_at = models.DateTimeField(_("known since"))
    began_at = models.DateTimeField(_("began"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    what = models.TextField(_("what happened"), max_length=4000, blank=True, default="")
    categories = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    persons = models.IntegerField(_("people concerned, about"), null=True, blank=True)
    consequences = models.TextField(_("likely consequences"), max_length=4000, blank=True, default="")
    measures = models.TextField(_("what was done and will be done"), max_length=4000, blank=True, default="")
    reason = models.TextField(_("why late, or why nobody was told"), max_length=2000, blank=True, default="")
    risk = models.CharField(_("risk for the people"), max_length=10, choices=Risk.choices, default=Risk.LIKELY)
    source = models.CharField(max_length=70, blank=True, default="")
    notified_at = models.DateTimeField(_("authority told on"), null=True, blank=True)
    persons_told_at = models.DateTimeField(_("people told on"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "privacy_breach"
        constraints = [
            models.CheckConstraint(condition=models.Q(risk__in=Risk.values), name="breach_risk_known"),
            models.CheckConstraint(
                condition=models.Q(persons=None) | models.Q(persons__gte=0), name="breach_persons_counted"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-noticed_at"], name="breach_recent")]

    def __str__(self) -> str:
        return f"breach {self.pk}"

    @property
    def deadline(self) -> datetime:
        """Until when the authority has to know."""
        return rules.deadline(self.noticed_at)

    @property
    def state(self) -> str:
        """A word of ``rules.State``."""
        return rules.state(clock.now(), self.noticed_at, self.risk, self.notified_at, self.closed_at)
