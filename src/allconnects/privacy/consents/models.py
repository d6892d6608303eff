"""Wordings, acts of consent, subscribers, the list of those never to be written to, and mailings."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.kit import clock
from allconnects.kit.labels import NOT_PERSONAL, Way
from allconnects.privacy.consents import labels


class Deed(models.TextChoices):
    """What was done. Signing in, scrolling or going on is none of these."""

    GIVEN = "given", _("given")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Method(models.TextChoices):
    """By which route."""

    PAGE = "page", _("on the page of consents")
    MAIL_LINK = "mail_link", _("by the link in a mail")
    ONE_CLICK = "one_click", _("by the button of a mail program")
    STAFF = "staff", _("by asking the operator")
    MOVED = "moved", _("brought along from an earlier list")
    CLOSED = "closed", _("by closing the account")


@labels.table(
    "SELECT, INSERT",
    "SELECT",
    **dict.fromkeys(("digest", "purpose", "language", "version", "controller", "text", "since"), NOT_PERSONAL),
)
class Wording(models.Model):
    """Words that were shown, as they were; known by their SHA-256. Only grows."""

    digest = models.CharField(max_length=64, primary_key=True)
    purpose = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    version = models.CharField(max_length=20)
    controller = models.CharField(max_length=150)
    text = models.TextField()
    since = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.purpose} {self.language} {self.version}"


@labels.table(
    "SELECT, INSERT",
    "SELECT, DELETE",
    found=(Way("account", "subject", prefix="account:"),),
    subject=labels.ACT_SUBJECT,
    nonce=labels.ACT_NONCE,
    **dict.fromkeys(("id", "purpose", "deed", "method", "origin", "wording_id", "at", "expires_at"), labels.ACT),
)
class Act(models.Model):
    """One line of the ledger. Only grows; the newest line of a subject and purpose holds."""

    subject = models.CharField(max_length=80)
    purpose = models.CharField(max_length=40)
    deed = models.CharField(max_length=10, choices=Deed.choices)
    method = models.CharField(max_length=10, choices=Method.choices)
    origin = models.CharField(max_length=60)
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT)
    nonce = models.CharField(max_length=43)
    at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["subject", "purpose", "-id"], name="consent_newest")]
        constraints = [
            models.UniqueConstraint(fields=["nonce", "purpose"], name="consent_nonce_once"),
            models.CheckConstraint(condition=models.Q(deed__in=Deed.values), name="consent_deed_known"),
            models.CheckConstraint(condition=models.Q(method__in=Method.values), name="consent_method_known"),
            models.CheckConstraint(
                condition=models.Q(subject__regex=r"^(account:[0-9]+|person:[0-9a-f-]{36}|address:[0-9a-f]{64})$"),
                name="consent_subject_names_nobody",
            ),
            models.CheckConstraint(
                condition=models.Q(deed="given", expires_at__gt=models.F("at")) | ~models.Q(deed="given"),
                name="consent_given_for_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.purpose}"


@labels.table("SELECT, INSERT", "SELECT", **dict.fromkeys(("id", "at", "reason", "origin"), NOT_PERSONAL))
class Rejection(models.Model):
    """A write that was forged, sent twice or came from elsewhere: counted, without anything about who."""

    at = models.DateTimeField(default=clock.now)
    reason = models.CharField(max_length=20)
    origin = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.reason


@labels.table(
    "SELECT, INSERT, UPDATE",
    "SELECT",
    **dict.fromkeys(("id", "version", "choice", "day", "count"), NOT_PERSONAL),
)
class Choice(models.Model):
    """How many accepted or refused storage in their browser that is not needed: counted, without anything about who."""

    version = models.CharField(max_length=16)
    choice = models.CharField(max_length=10)
    day = models.DateField()
    count = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "choice", "day"], name="consent_choice_day")]

    def __str__(self) -> str:
        return f"{self.choice} {self.count}"


@labels.table(
    "SELECT, INSERT, UPDATE, DELETE",
    "SELECT, DELETE",
    found=(Way("email", "email"),),
    key=labels.SUBSCRIBER,
    email=labels.ADDRESS,
    address_hash=labels.HASH,
    language=labels.SUBSCRIBER,
    wants=labels.WANTED,
    asked_at=labels.SUBSCRIBER,
    confirmed_at=labels.SUBSCRIBER,
)
class Subscriber(models.Model):
    """An address that asked for news. What it agreed to is in the ledger; the row goes with the last consent."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField()
    address_hash = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=2)
    wants = ArrayField(models.CharField(max_length=40), default=list)
    asked_at = models.DateTimeField(default=clock.now)
    confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"subscriber {self.key}"


@labels.table(
    "SELECT, INSERT, DELETE",
    "SELECT",
    **dict.fromkeys(("address_hash", "since", "reason"), labels.SUPPRESSED),
    nobody="keyed hashes of addresses that are not written to again, which an erasure must not forget",
)
class Suppressed(models.Model):
    """An address that is not written to again, by keyed hash: outlives the erasure of whoever it belongs to."""

    address_hash = models.CharField(max_length=64, primary_key=True)
    since = models.DateTimeField(default=clock.now)
    reason = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.reason


@labels.table(
    "SELECT, INSERT, UPDATE",
    "SELECT",
    id=NOT_PERSONAL,
    purpose=NOT_PERSONAL,
    texts=labels.TEXTS,
    digest=NOT_PERSONAL,
    made_at=NOT_PERSONAL,
)
class Mailing(models.Model):
    """A mail to everybody who agreed to its purpose."""

    purpose = models.CharField(max_length=40)
    texts = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"mailing {self.pk}"


class Outcome(models.TextChoices):
    """What became of a copy."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    DROPPED = "dropped", _("not wanted any more")
    FAILED = "failed", _("failed")


@labels.table(
    "SELECT, INSERT, UPDATE, DELETE",
    "SELECT, DELETE",
    **dict.fromkeys(("id", "mailing_id", "subscriber_id", "outcome", "attempts", "due_at", "done_at"), labels.SENDING),
)
class Copy(models.Model):
    """One mailing to one subscriber."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailing", "subscriber"], name="one_copy_each")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(outcome="waiting"), name="copy_waiting"),
        ]

    def __str__(self) -> str:
        return f"copy {self.pk}"
