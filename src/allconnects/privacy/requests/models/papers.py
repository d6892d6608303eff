"""Letters, decisions of two people, and corrections."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from allconnects.accounts.models import LANGUAGES, Account, Organisation
from allconnects.kit import clock
from allconnects.privacy.requests import labels
from allconnects.privacy.requests.models.case import Case
from allconnects.privacy.requests.models.words import Ground, Kind, LetterKind, Way
from allconnects.privacy.requests.ready import REASONS

SURE_AFTER = timedelta(minutes=10)
"""A mail server that has not answered by then does not any more."""


@labels.table(
    "SELECT, INSERT, UPDATE",
    **dict.fromkeys(
        ("id", "organisation_id", "case_id", "kind", "language", "made_at", "way", "tried_at", "sent_at", "sha256",
         "attempts"),
        labels.CASE,
    ),
    subject=labels.LETTER, body=labels.LETTER,
)  # fmt: skip
class Letter(models.Model):
    """A letter as it was written: paragraphs apart by empty lines. ``sha256``: of subject and body, which may go.

    ``tried_at``: from then on a mail server may have it, until ``sent_at`` says so.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.DO_NOTHING, related_name="letters")
    kind = models.CharField(max_length=10, choices=LetterKind.choices)
    language = models.CharField(max_length=5, choices=LANGUAGES)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=clock.now)
    way = models.CharField(max_length=5, choices=Way.choices)
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "privacy_case_letter"
        indexes = [models.Index(fields=["organisation", "case", "made_at"], name="privacy_case_letter_of")]

    def __str__(self) -> str:
        return f"letter {self.pk}"

    @property
    def unsure(self) -> bool:
        """Whether nobody knows if it was sent: begun a while ago, and no word since."""
        return self.sent_at is None and self.tried_at is not None and self.tried_at < clock.now() - SURE_AFTER


@labels.table(
    "SELECT, INSERT, UPDATE",
    **dict.fromkeys(
        ("id", "organisation_id", "case_id", "kind", "ground", "amount", "proposed_at", "decided_at", "approved"),
        labels.CASE,
    ),
    evidence=labels.WORDS, costs=labels.COSTS, proposed_by_id=labels.STAFF, decided_by_id=labels.STAFF,
)  # fmt: skip
class Decision(models.Model):
    """A fee or a refusal, proposed by one and decided by another; the burden of proof is ours (GDPR art. 12(5))."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.DO_NOTHING, related_name="decisions")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    ground = models.CharField(max_length=12, choices=Ground.choices)
    evidence = models.TextField(max_length=8000)
    costs = models.JSONField(default=list)
    amount = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    proposed_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    approved = models.BooleanField(null=True)

    class Meta:
        db_table = "privacy_case_decision"
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")), name="privacy_decision_by_two"
            ),
            models.CheckConstraint(condition=~Q(evidence=""), name="privacy_decision_with_evidence"),
            models.CheckConstraint(
                condition=Q(kind="refusal", amount=None) | (Q(kind="fee", amount__gt=0) & ~Q(costs=[])),
                name="privacy_decision_fee_with_costs",
            ),
            models.UniqueConstraint(
                fields=["organisation", "case"], condition=Q(decided_at=None), name="privacy_decision_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}"


@labels.table(
    "SELECT, INSERT, UPDATE",
    **dict.fromkeys(("id", "organisation_id", "case_id", "fact", "about", "ready", "asked_at", "decided_at",
                     "accepted"),
                    labels.CASE),
    person=labels.WHOM, measured=labels.WORDS, corrected=labels.WORDS, reason=labels.WORDS, decided_by_id=labels.STAFF,
)  # fmt: skip
class Correction(models.Model):
    """A correction: what was measured or written, and beside it what is right; neither replaces the other here.

    ``fact``: which fact, as a room named it. ``about``: which one of them, such as a day.
    ``ready``: code of a reason that stood ready (``ready.py``); ``reason`` has its words as the person reads them.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.DO_NOTHING, related_name="corrections")
    person = models.UUIDField(null=True)
    fact = models.CharField(max_length=40)
    about = models.CharField(max_length=100, blank=True, default="")
    measured = models.CharField(max_length=400, blank=True, default="")
    corrected = models.CharField(max_length=400)
    reason = models.CharField(max_length=1000, blank=True, default="")
    ready = models.CharField(max_length=20, blank=True, default="")
    asked_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)

    class Meta:
        db_table = "privacy_correction"
        indexes = [models.Index(fields=["organisation", "person"], name="privacy_correction_of")]

    def __str__(self) -> str:
        return f"correction {self.pk}"

    @property
    def told(self) -> str:
        """Why it was not accepted, in the language of whoever reads it where the reason stood ready."""
        return str(REASONS.get(self.ready, self.reason))
