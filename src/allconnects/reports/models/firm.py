"""The firm: its head on paper, its working hours."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Organisation
from allconnects.fleet.models import Team
from allconnects.reports import labels


@labels.tenant_table(
    **dict.fromkeys(
        ("organisation_id", "name", "street", "city", "vat", "contact", "logo_type", "classify_days"), labels.MACHINERY
    ),
    logo=labels.HEAD_LOGO,
)
class Profile(models.Model):
    """The firm's head on paper, and how many days a driver has to say what his trips were."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True)
    name = models.CharField(_("name on paper"), max_length=150, blank=True, default="")
    street = models.CharField(_("street and number"), max_length=150, blank=True, default="")
    city = models.CharField(_("postcode and city"), max_length=150, blank=True, default="")
    vat = models.CharField(_("VAT number"), max_length=20, blank=True, default="")
    contact = models.CharField(_("telephone or e-mail of the firm"), max_length=150, blank=True, default="")
    logo = models.BinaryField(default=b"", blank=True)
    logo_type = models.CharField(max_length=20, blank=True, default="")
    classify_days = models.SmallIntegerField(
        _("days in which drivers classify their trips"), default=7,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
    )  # fmt: skip

    def __str__(self) -> str:
        return f"profile {self.pk}"


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "team_id", "margin_minutes"), labels.HOURS),
    days=labels.HOURS_DAYS,
    nobody="hours of a team or of everybody, not of one person",
)
class WorkingHours(models.Model):
    """When people work: of a team, or of all who are in none that has its own."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True)
    days = models.JSONField()
    margin_minutes = models.SmallIntegerField(
        _("margin (minutes)"), default=60, validators=[MinValueValidator(0), MaxValueValidator(240)]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "team"], name="working_hours_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"working hours {self.pk}"
