"""Rules, the events that they found, what was done about them, and who was told how."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation, Role
from allconnects.alerts import labels
from allconnects.kit import clock
from allconnects.kit.labels import NOT_PERSONAL, Label, Way, labelled

EVERYBODY = "everybody"
SCOPE = Label(
    "user.device", "product_device", "driver", "pseudonymous", "fleet.dispatch", "legitimate_interest", "relation",
    "delete_row", "derived", "kinds of devices, and lists of ids of devices, vehicles, materials and teams",
)  # fmt: skip
SETTINGS = Label(
    "system.operations", "none", "none", "none", "none", "none", "none", "none", "excluded",
    "the settings of alerts.params.Params", "not about a person",
)  # fmt: skip
WORDS = Label(
    "system.operations", "none", "none", "none", "none", "none", "none", "none", "excluded",
    "words of a closed list", "not about a person",
)  # fmt: skip


class State(models.TextChoices):
    """Whether a rule works. A draft was never live; a paused one was."""

    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")


class Severity(models.TextChoices):
    """How loud: information makes no sound; critical ones break through quiet hours."""

    INFO = "info", _("Information")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class Channel(models.TextChoices):
    """Ways to tell somebody."""

    APP = "app", _("in the app")
    EMAIL = "email", _("by e-mail")
    PUSH = "push", _("by push message")
    WEBHOOK = "webhook", _("by webhook")


class Handling(models.TextChoices):
    """How far somebody got with an event. Withdrawn: later data showed that it was none."""

    OPEN = "open", _("Open")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    RESOLVED = "resolved", _("Resolved")
    WITHDRAWN = "withdrawn", _("Withdrawn")


def _known(field: str, words: type[models.TextChoices], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": words.values}), name=name)


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT",
    **dict.fromkeys(
        ("id", "organisation_id", "name", "kind", "state", "severity", "escalate_minutes",
         "escalate_role", "quiet_start", "quiet_until", "digest_minutes", "created_at", "changed_at", "version"),
        NOT_PERSONAL,
    ),
    params=SETTINGS,
    scope=SCOPE,
    nobody="what to look for; its scope names things and teams of the firm",
    roles=WORDS,
    channels=WORDS,
)  # fmt: skip
class Rule(models.Model):
    """What to watch for and whom to tell. ``params``: see ``alerts.params``; ``scope``: see ``services.scope``."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    scope = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.WARNING)
    roles = models.JSONField(default=list)
    channels = models.JSONField(default=list)
    escalate_minutes = models.IntegerField(null=True)
    escalate_role = models.CharField(max_length=10, choices=Role.choices, default="", blank=True)
    quiet_start = models.IntegerField(null=True)
    quiet_until = models.IntegerField(null=True)
    digest_minutes = models.IntegerField(default=0)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            _known("state", State, "alert_rule_state_known"),
            _known("severity", Severity, "alert_rule_severity_known"),
            models.CheckConstraint(
                condition=models.Q(quiet_start__isnull=True, quiet_until__isnull=True)
                | models.Q(quiet_start__isnull=False, quiet_until__isnull=False),
                name="alert_rule_quiet_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"rule {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT, UPDATE, DELETE",
    **dict.fromkeys(
        ("id", "organisation_id", "rule_id", "start_at", "end_at", "raised_at", "peak", "peak_at", "handling",
         "notified", "corrected", "escalated_at", "snoozed_until", "changed_at"),
        labels.FOUND,
    ),
    **dict.fromkeys(("device", "subject", "subject_name"), labels.ABOUT),
    found=(Way("during", "device", "start_at", "end_at"), Way("word", "subject")),
    lat_e7=labels.PLACE,
    lon_e7=labels.PLACE,
)  # fmt: skip
class Alert(models.Model):
    """One event of one rule about one thing, from start to end; ``end_at`` empty while it goes on.

    ``device`` is 0 for what has no device; ``subject``: ``vehicle:ID``, ``material:ID`` or ``device:ID`` at its start.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE)
    device = models.IntegerField(default=0)
    subject = models.CharField(max_length=60)
    subject_name = models.CharField(max_length=120)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField(null=True)
    raised_at = models.DateTimeField()
    peak = models.FloatField(null=True)
    peak_at = models.DateTimeField(null=True)
    lat_e7 = models.IntegerField(null=True)
    lon_e7 = models.IntegerField(null=True)
    handling = models.CharField(max_length=12, choices=Handling.choices, default=Handling.OPEN)
    notified = models.BooleanField(default=False)
    corrected = models.BooleanField(default=False)
    escalated_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            _known("handling", Handling, "alert_handling_known"),
            models.UniqueConstraint(fields=["organisation", "rule", "subject", "start_at"], name="alert_once"),
        ]
        indexes = [
            models.Index(fields=["organisation", "-start_at", "-id"], name="alert_recent"),
            models.Index(fields=["organisation", "handling", "-start_at"], name="alert_handled"),
            models.Index(fields=["organisation", "rule", "device", "-start_at"], name="alert_of_rule"),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"


class What(models.TextChoices):
    """What happens to an event."""

    RAISED = "raised", _("Raised")
    ENDED = "ended", _("Ended")
    CORRECTED = "corrected", _("Corrected by later data")
    WITHDRAWN = "withdrawn", _("Withdrawn by later data")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    RESOLVED = "resolved", _("Resolved")
    REOPENED = "reopened", _("Opened again")
    SNOOZED = "snoozed", _("Put off")
    ESCALATED = "escalated", _("Escalated")
    NOTED = "noted", _("Note")


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT, DELETE",
    id=labels.STEP,
    organisation_id=labels.STEP,
    alert_id=labels.STEP,
    what=labels.STEP,
    at=labels.STEP,
    account_id=labels.WHO,
    note=labels.told_label("user.account", export="provided"),
)
class Step(models.Model):
    """The history of an event: what happened, when, by whom; nobody where the platform did it."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="steps")
    what = models.CharField(max_length=12, choices=What.choices)
    at = models.DateTimeField(default=clock.now)
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True)
    note = models.CharField(max_length=500, default="", blank=True)

    def __str__(self) -> str:
        return f"step {self.pk}"


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


class Outcome(models.TextChoices):
    """How far a delivery got. Dropped: its receiver is gone, or does not want it any more."""

    PENDING = "pending", _("Waiting")
    SENT = "sent", _("Delivered")
    FAILED = "failed", _("Failed")
    DROPPED = "dropped", _("Dropped")


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
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
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
            _known("outcome", Outcome, "delivery_outcome_known"),
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


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT",
    **dict.fromkeys(("organisation_id", "looked_to", "seen"), NOT_PERSONAL),
)
class Progress(models.Model):
    """What of the positions of an organisation was looked at: the snapshot ``seen``, and when that was."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True)
    looked_to = models.DateTimeField()
    seen = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return f"progress of {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="SELECT, DELETE",
    **dict.fromkeys(("id", "organisation_id", "device", "due_at"), labels.ABOUT),
    nobody="devices that wait to be looked at, whoever had them",
)
class Waiting(models.Model):
    """A device of which a rule may have to say something at a moment, also without any news of it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    device = models.IntegerField()
    due_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "device"], name="alert_waiting_once")]

    def __str__(self) -> str:
        return f"waiting {self.pk}"


def words(choices: Any) -> dict[str, str]:
    """Values of choices with their labels in the language of the moment."""
    return {value: str(label) for value, label in choices.choices}
