"""Edits of the registry, published notices, and who was told. Edits and notices only grow."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.kit import clock
from allconnects.kit.labels import Way, labelled
from allconnects.privacy.registry import labels


class Kind(models.TextChoices):
    """What an entry is."""

    PURPOSE = "purpose", _("Purposes")
    RECIPIENT = "recipient", _("Recipients")
    STORAGE = "storage", _("Storage")
    OBLIGATION = "obligation", _("Obligations")


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT",
    worker="SELECT, UPDATE",
    id=labels.ENTRY,
    organisation_id=labels.ENTRY,
    kind=labels.ENTRY,
    key=labels.ENTRY,
    values=labels.VALUES,
    at=labels.ENTRY,
    found=(Way("mention", "actor", prefix="account:"),),
    actor=labels.BY,
)
class Entry(models.Model):
    """An edit: the newest of a kind and key is the draft. ``values`` empty: as shipped again, or gone if its own."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=60)
    values = models.JSONField()
    at = models.DateTimeField(default=clock.now)
    actor = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["organisation", "kind", "key", "-id"], name="registry_newest")]
        constraints = [models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="registry_kind_known")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT",
    worker="SELECT, UPDATE",
    values=labels.VALUES,
    texts=labels.TEXTS,
    found=(Way("mention", "actor", prefix="account:"),),
    actor=labels.BY,
    id=labels.ENTRY,
    organisation_id=labels.ENTRY,
    number=labels.ENTRY,
    digest=labels.ENTRY,
    material=labels.ENTRY,
    published_at=labels.ENTRY,
    effective_on=labels.ENTRY,
    dpia=labels.ENTRY,
    consulted_on=labels.ENTRY,
    told_others=labels.ENTRY,
)
class Notice(models.Model):
    """A published version: the registry as it will hold, and the notice in each language. Public for good."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    number = models.IntegerField()
    values = models.JSONField()
    texts = models.JSONField()
    digest = models.CharField(max_length=64)
    material = models.BooleanField()
    published_at = models.DateTimeField(default=clock.now)
    effective_on = models.DateField()
    dpia = models.CharField(max_length=200, blank=True)
    consulted_on = models.DateField(null=True)
    told_others = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "number"], name="notice_number_once")]

    def __str__(self) -> str:
        return f"notice {self.number}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE",
    worker="SELECT, DELETE",
    id=labels.TOLD,
    organisation_id=labels.TOLD,
    notice_id=labels.TOLD,
    account_id=labels.TOLD,
    sent_at=labels.TOLD,
    seen_at=labels.TOLD,
    problem=labels.TOLD,
    attempts=labels.TOLD,
)
class Receipt(models.Model):
    """The delivery log: one member, one notice. ``sent_at``: the mail left; ``seen_at``: the person said so."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="receipts")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True)
    attempts = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "account"], name="told_once")]

    def __str__(self) -> str:
        return f"receipt {self.pk}"
