"""The history of every change, files that wait to be applied, and answers that were given already."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account
from allconnects.fleet import labels
from allconnects.kit import clock
from allconnects.kit.labels import NOT_PERSONAL, Way


class ChangeKind(models.TextChoices):
    """What was done to a row."""

    MADE = "made", _("Made")
    CHANGED = "changed", _("Changed")
    ARCHIVED = "archived", _("Archived")
    RESTORED = "restored", _("Restored")
    REMOVED = "removed", _("Removed")


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "at", "table", "row", "kind", "field", "token_id"), labels.CHANGE),
    found=(
        Way("row", "row", where="{t}.\"table\" = 'person'"),
        Way("mention", "account_id"),
        Way("word", "old"),
        Way("word", "new"),
    ),
    account_id=labels.CHANGED_BY,
    old=labels.CHANGED,
    new=labels.CHANGED,
)
class Change(models.Model):
    """One field of one row changed, by whom and when. ``row``: what it belongs to, for documents."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    at = models.DateTimeField()
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    token_id = models.IntegerField(null=True)
    table = models.CharField(max_length=40)
    row = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    field = models.CharField(max_length=40, blank=True, default="")
    old = models.TextField(blank=True, default="")
    new = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "table", "row", "-at"], name="change_of_row"),
            models.Index(fields=["organisation", "-at"], name="change_recent"),
        ]

    def __str__(self) -> str:
        return f"change {self.pk}"


class Stage(models.TextChoices):
    """How far a file is."""

    LOOKING = "looking", _("Being looked through")
    LOOKED = "looked", _("Waits for your yes")
    APPLYING = "applying", _("Being carried out")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


@labels.tenant_table(
    **dict.fromkeys(
        ("id", "organisation_id", "kind", "name", "made_at", "stage", "total", "done", "moved_at"), labels.CHANGE
    ),
    account_id=labels.CHANGED_BY,
    **dict.fromkeys(("data", "preview", "told"), labels.UPLOAD),
    found=(Way("any"),),
)
class Upload(models.Model):
    """A file that is looked through and waits for its sender to say yes; forgotten after a day.

    ``preview``: what it would do (``services.uploads``); ``told``: why it was not done, in the sender's language.
    ``total`` and ``done`` count rows. Once carried out, or failed, what stood in it is gone at once.
    """

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    data = models.BinaryField()
    made_at = models.DateTimeField()
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.LOOKING)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    moved_at = models.DateTimeField(default=clock.now)
    preview = models.JSONField(default=dict)
    told = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(stage__in=Stage.values), name="upload_stage_known")]

    def __str__(self) -> str:
        return f"upload {self.pk}"

    @property
    def running(self) -> bool:
        """Whether something is being done with it."""
        return self.stage in (Stage.LOOKING, Stage.APPLYING)

    @property
    def percent(self) -> int:
        """How much of what is being done is done, 0 to 99."""
        return min(99, 100 * self.done // max(self.total, 1))


@labels.tenant_table(
    **dict.fromkeys(("organisation_id", "looked_to"), NOT_PERSONAL),
)
class Looked(models.Model):
    """How far what trackers sent has been looked through for drivers and tags."""

    organisation = models.OneToOneField("accounts.Organisation", on_delete=models.CASCADE, primary_key=True)
    looked_to = models.DateTimeField()

    def __str__(self) -> str:
        return f"looked {self.pk}"


@labels.tenant_table(
    found=(Way("any"),),
    **dict.fromkeys(
        ("id", "organisation_id", "operation", "key_hash", "body_hash", "status", "made_at"), labels.CHANGE
    ),
    body=labels.REPLY,
)
class Reply(models.Model):
    """What an operation with an idempotency key answered, so that the same request is not done twice."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    operation = models.CharField(max_length=100)
    key_hash = models.CharField(max_length=64)
    body_hash = models.CharField(max_length=64)
    status = models.SmallIntegerField()
    body = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "key_hash"], name="reply_once")]

    def __str__(self) -> str:
        return f"reply {self.pk}"
