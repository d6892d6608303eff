"""Who wants to be told how, and who was."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.alerts import labels
from allconnects.alerts.models.events import Alert
from allconnects.alerts.models.rules import WORDS
from allconnects.alerts.models.words import Channel, Outcome, known
from allconnects.kit import clock
from allconnects.kit.labels import NOT_PERSONAL, Label, labelled

_ENDPOINT_SECRET = Label(
    "user.authorization.credentials", "none", "none", "none", "none", "none", "none", "none", "excluded",
    "nonce, then the secret, encrypted under a key of the data folder", "not about a person",
)  # fmt: skip


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT",
    **dict.fromkeys(
        ("id", "organisation_id", "name", "url", "previous_until", "enabled", "failing_since",
         "disabled_reason", "created_at"),
        NOT_PERSONAL,
    ),
    secret=_ENDPOINT_SECRET,
    previous_secret=_ENDPOINT_SECRET,
    events=WORDS,
)  # fmt: skip
class Endpoint(models.Model):
    """A webhook: where other software wants to hear of events. Secrets are kept encrypted."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(_("address"), max_length=500)
    events = models.JSONField(default=list)
    secret = models.BinaryField()
    previous_secret = models.BinaryField(null=True)
    previous_until = models.DateTimeField(null=True)
    enabled = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=20, default="", blank=True)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"webhook {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT",
    **dict.fromkeys(("id", "organisation_id", "account_id", "created_at", "browser"), labels.SUBSCRIBED),
    **dict.fromkeys(("endpoint", "p256dh", "auth"), labels.PUSH_SECRET),
)
class PushSubscription(models.Model):
    """A browser that wants to be told: where its push service listens, and the keys that it reads with."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    endpoint = models.CharField(max_length=700)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    browser = models.CharField(max_length=60, default="", blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "endpoint"], name="push_subscription_once")]

    def __str__(self) -> str:
        return f"push subscription {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT, DELETE",
    **dict.fromkeys(
        ("id", "organisation_id", "alert_id", "reason", "channel", "receiver", "account_id", "endpoint_id",
         "message_id", "outcome", "due_at", "attempts", "status", "error", "created_at", "done_at"),
        labels.TOLD,
    ),
)  # fmt: skip
class Delivery(models.Model):
    """One telling of one event to one receiver by one channel, and how it went.

    ``receiver``: ``account:ID`` or ``webhook:ID``; unique with event, reason and channel, so that nobody is told
    the same twice. ``message_id`` is the same in every attempt: receivers of webhooks recognise a repetition by it.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="alert_deliveries")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, null=True)
    reason = models.CharField(max_length=12)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    receiver = models.CharField(max_length=30)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, null=True)
    message_id = models.UUIDField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.PENDING)
    due_at = models.DateTimeField(default=clock.now)
    attempts = models.IntegerField(default=0)
    status = models.IntegerField(null=True)
    error = models.CharField(max_length=40, default="", blank=True)
    created_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            known("outcome", Outcome, "delivery_outcome_known"),
            models.UniqueConstraint(
                fields=["alert", "reason", "channel", "receiver"],
                condition=models.Q(alert__isnull=False),
                name="delivery_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "due_at"], condition=models.Q(outcome="pending"), name="delivery_due"),
            models.Index(fields=["organisation", "-id"], name="delivery_recent"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"
