"""The case itself, what happened to it, and who answers."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from allconnects.accounts.models import LANGUAGES, Account, Organisation
from allconnects.kit import clock
from allconnects.privacy.requests import labels
from allconnects.privacy.requests.models.words import OPEN, Channel, Happened, Identity, Right, State


@labels.table(
    "SELECT, INSERT, DELETE",
    id=labels.OFFICER, organisation_id=labels.OFFICER, account_id=labels.OFFICER, named_by_id=labels.OFFICER,
    named_at=labels.OFFICER,
)  # fmt: skip
class Officer(models.Model):
    """A member who answers requests beside the owners: the data protection officer. Says nothing of other rights."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    named_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    named_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "privacy_officer"
        constraints = [models.UniqueConstraint(fields=["organisation", "account"], name="privacy_officer_once")]

    def __str__(self) -> str:
        return f"officer {self.pk}"


@labels.table(
    "SELECT, INSERT, UPDATE, DELETE",
    **dict.fromkeys(
        ("organisation_id", "reference", "right", "channel", "state", "language", "received_on", "registered_at",
         "due_on", "wanted_on", "route_by", "extended_at", "identity", "identity_at", "work", "twin_organisation",
         "twin", "closed_at", "purged_at", "restricted_at", "lifts_on"),
        labels.CASE,
    ),
    id=labels.WHOM, person=labels.WHOM, account_id=labels.WHOM,
    name=labels.NAME, email=labels.EMAIL, address=labels.ADDRESS, words=labels.WORDS, extension_reason=labels.WORDS,
    identity_by_id=labels.STAFF, entered_by_id=labels.STAFF,
    code_hash=labels.SECRET, code_expires_at=labels.SECRET, code_tries=labels.SECRET, message_hash=labels.SECRET,
    result=labels.RESULT,
)  # fmt: skip
class Case(models.Model):
    """One request. ``received_on``: the Brussels day on which it truly arrived, from which the month counts.

    ``route_by``: until when somebody must have found out whose data it is about. ``work``: what erases or exports.
    ``twin``: the case at the employer's to which it was passed on, or the one from which it came.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=16)
    right = models.CharField(max_length=13, choices=Right.choices, blank=True, default="")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    state = models.CharField(max_length=11, choices=State.choices, default=State.RECEIVED)
    language = models.CharField(max_length=5, choices=LANGUAGES, default="nl")
    received_on = models.DateField()
    registered_at = models.DateTimeField(default=clock.now)
    due_on = models.DateField()
    wanted_on = models.DateField()
    route_by = models.DateField(null=True)
    extended_at = models.DateTimeField(null=True)
    extension_reason = models.CharField(max_length=1000, blank=True, default="")
    name = models.CharField(max_length=160, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    address = models.CharField(max_length=400, blank=True, default="")
    words = models.TextField(max_length=20_000, blank=True, default="")
    person = models.UUIDField(null=True)
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    identity = models.CharField(max_length=8, choices=Identity.choices, blank=True, default="")
    identity_at = models.DateTimeField(null=True)
    identity_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    entered_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    code_hash = models.CharField(max_length=64, blank=True, default="")
    code_expires_at = models.DateTimeField(null=True)
    code_tries = models.SmallIntegerField(default=0)
    message_hash = models.CharField(max_length=64, blank=True, default="")
    twin_organisation = models.IntegerField(null=True)
    twin = models.UUIDField(null=True)
    work = models.UUIDField(null=True)
    restricted_at = models.DateTimeField(null=True)
    lifts_on = models.DateField(null=True)
    result = models.JSONField(default=dict)
    closed_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "privacy_case"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "reference"], name="privacy_case_reference_once"),
            models.UniqueConstraint(
                fields=["organisation", "message_hash"], condition=~Q(message_hash=""), name="privacy_case_mail_once"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="privacy_case_state_known"),
            models.CheckConstraint(condition=Q(right__in=["", *Right.values]), name="privacy_case_right_known"),
            models.CheckConstraint(
                condition=Q(extended_at=None) | ~Q(extension_reason=""), name="privacy_case_extended_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.ANSWERED, State.REFUSED, State.WITHDRAWN], closed_at__isnull=False)
                | Q(
                    state__in=[State.UNCONFIRMED, *OPEN, State.ROUTED],
                    closed_at=None,
                ),
                name="privacy_case_closed_when_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "due_on"], name="privacy_case_by_day"),
            models.Index(fields=["organisation", "account"], name="privacy_case_of_account"),
        ]

    def __str__(self) -> str:
        return f"case {self.reference}"

    @property
    def is_open(self) -> bool:
        """Whether an answer is owed."""
        return self.state in OPEN


@labels.table(
    "SELECT, INSERT",
    **dict.fromkeys(("id", "organisation_id", "case_id", "at", "what"), labels.CASE),
    actor=labels.STAFF, facts=labels.FACTS,
)  # fmt: skip
class Event(models.Model):
    """Something that happened to a case. Rows are only added."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.DO_NOTHING, related_name="events")
    at = models.DateTimeField(default=clock.now)
    actor = models.CharField(max_length=60)
    what = models.CharField(max_length=10, choices=Happened.choices)
    facts = models.JSONField(default=dict)

    class Meta:
        db_table = "privacy_case_event"
        indexes = [models.Index(fields=["organisation", "case", "at"], name="privacy_case_event_of")]

    def __str__(self) -> str:
        return f"event {self.pk}"
