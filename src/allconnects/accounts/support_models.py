"""Staff of the operator who help customers: who they are, what a customer granted them, and each page they opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from allconnects.accounts.models import Account, Organisation
from allconnects.kit import clock
from allconnects.kit.labels import Label, labelled

LONGEST_H = 4
"""Hours that a grant lasts at most; the database refuses more."""
_SUPPORT = Label(
    "user.account", "security", "account_holder", "indirect", "account.security", "legitimate_interest", "access_log",
    "retain:access_log", "derived",
)  # fmt: skip


_STAFF = replace(_SUPPORT, retention="relation", erasure="delete_row")


@labelled(account_id=_STAFF, added_at=_STAFF)
class Supporter(models.Model):
    """An account that may ask for access to help. Made by the operator, on the server."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True)
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "accounts_supporter"

    def __str__(self) -> str:
        return f"supporter {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, UPDATE",
    ingest="",
    worker="SELECT, DELETE",
    **dict.fromkeys(
        ("id", "organisation_id", "account_id", "ticket", "asked_at", "decided_by_id", "begins_at", "ends_at",
         "ended_at"),
        _SUPPORT,
    ),
)  # fmt: skip
class SupportGrant(models.Model):
    """Access that was asked for under a ticket. Granted: it has begin and end; ``ended_at``: refused or cut."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    ticket = models.CharField(max_length=40)
    asked_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    begins_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_supportgrant"
        constraints = [
            models.CheckConstraint(condition=Q(ticket__regex=r"^[A-Za-z0-9#._/-]{1,40}$"), name="support_has_ticket"),
            models.CheckConstraint(
                condition=Q(begins_at=None, ends_at=None)
                | Q(
                    ends_at__gt=F("begins_at"),
                    ends_at__lte=F("begins_at") + models.Value(timedelta(hours=LONGEST_H), models.DurationField()),
                ),
                name="support_four_hours",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("account")), name="support_granted_by_another"
            ),
        ]
        indexes = [models.Index(fields=["account", "ends_at"], name="support_of_account")]

    def __str__(self) -> str:
        return f"support grant {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT",
    ingest="",
    worker="SELECT, DELETE",
    **dict.fromkeys(("id", "organisation_id", "grant_id", "at", "view"), _SUPPORT),
)
class SupportVisit(models.Model):
    """A page that was opened under a grant, by its name in the program; never its address."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    grant = models.ForeignKey(SupportGrant, on_delete=models.CASCADE, related_name="visits")
    at = models.DateTimeField(default=clock.now)
    view = models.CharField(max_length=60)

    class Meta:
        db_table = "accounts_supportvisit"

    def __str__(self) -> str:
        return f"support visit {self.pk}"
