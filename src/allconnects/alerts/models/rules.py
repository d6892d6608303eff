"""What to watch for and whom to tell, and how far the looking got."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Organisation, Role
from allconnects.alerts import labels
from allconnects.alerts.models.words import Severity, State, known
from allconnects.kit import clock
from allconnects.kit.labels import NOT_PERSONAL, Label, labelled

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
            known("state", State, "alert_rule_state_known"),
            known("severity", Severity, "alert_rule_severity_known"),
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
