"""What an authority asked for, who approved it, and the hash of what left; the file itself is not kept."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.kit import clock
from allconnects.kit.labels import told_later
from allconnects.privacy.requests.labels import CASE, STAFF, WHOM, WORDS, table

WHAT = replace(CASE, export="derived", schema="names of the kinds of data that were asked for")
GIVEN = replace(CASE, export="derived")
SAID = replace(WORDS, export="derived")
BARRED = replace(
    GIVEN, export="excluded", excluded_because="a judge forbade to tell the person; it is told once that is over"
)


class Ground(models.TextChoices):
    """The only grounds on which data go to an authority. Sources: clause 12 of our privacy policy; GDPR art. 6(1)."""

    JUDICIAL = "judicial", _("An order of a court, an investigating judge or a public prosecutor")
    PROCESS = "process", _("A legal process that binds like a court order")
    CLAIMS = "claims", _("To establish, exercise or defend our own legal rights")
    CARD_FRAUD = "card_fraud", _("To identify or prevent credit card fraud")


class State(models.TextChoices):
    """Where a disclosure stands."""

    PROPOSED = "proposed", _("Waiting for two approvals")
    APPROVED = "approved", _("Approved")
    GIVEN = "given", _("Given")
    REFUSED = "refused", _("Refused")


@table(
    "SELECT, INSERT, UPDATE",
    **dict.fromkeys(
        ("organisation_id", "ground", "instrument", "instrument_on", "first_day", "last_day", "state", "proposed_at",
         "given_at", "told_at", "sha256", "rows"),
        GIVEN,
    ),
    id=GIVEN, person=WHOM, what=WHAT, authority=SAID, checked=SAID, necessity=SAID, bar=BARRED, bar_until=BARRED,
    proposed_by_id=STAFF, given_by_id=STAFF,
)  # fmt: skip
class Disclosure(models.Model):
    """One demand. ``instrument``: number of the order; ``checked``: how it was made sure that it is genuine.

    ``necessity``: why no less would do. ``bar``: why the person may not be told yet, ``bar_until`` when that is over.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    authority = models.CharField(max_length=200)
    ground = models.CharField(max_length=10, choices=Ground.choices)
    instrument = models.CharField(max_length=100)
    instrument_on = models.DateField()
    checked = models.CharField(max_length=400)
    necessity = models.CharField(max_length=1000)
    person = models.UUIDField()
    what = ArrayField(models.CharField(max_length=20))
    first_day = models.DateField()
    last_day = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    bar = models.CharField(max_length=400, blank=True, default="")
    bar_until = models.DateField(null=True)
    proposed_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    given_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    given_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    rows = models.IntegerField(null=True)

    class Meta:
        db_table = "privacy_disclosure"
        constraints = [
            models.CheckConstraint(condition=Q(ground__in=Ground.values), name="privacy_disclosure_ground_known"),
            models.CheckConstraint(condition=~Q(instrument=""), name="privacy_disclosure_has_instrument"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="privacy_disclosure_days"),
            models.CheckConstraint(
                condition=(Q(state="given") & ~Q(sha256="") & Q(given_at__isnull=False))
                | (~Q(state="given") & Q(sha256="")),
                name="privacy_disclosure_given_with_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"disclosure {self.pk}"


@table("SELECT, INSERT", **dict.fromkeys(("id", "organisation_id", "disclosure_id", "at"), GIVEN), account=STAFF)
class Approval(models.Model):
    """Somebody approved a disclosure; nobody twice, and never who proposed it."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    disclosure = models.ForeignKey(Disclosure, on_delete=models.DO_NOTHING, related_name="approvals")
    account = models.IntegerField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "privacy_disclosure_approval"
        constraints = [
            models.UniqueConstraint(fields=["disclosure", "account"], name="privacy_disclosure_approved_once_each")
        ]

    def __str__(self) -> str:
        return f"approval {self.pk}"


told_later("privacy_disclosure", "{t}.bar_until >= %(today)s", "'disclosure:' || {t}.id")
told_later(
    "privacy_disclosure_approval",
    "EXISTS (SELECT FROM privacy_disclosure d WHERE d.id = {t}.disclosure_id AND d.bar_until >= %(today)s)",
    "'disclosure:' || {t}.disclosure_id",
)
