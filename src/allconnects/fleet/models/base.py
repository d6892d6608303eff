"""What all rows of the register have in common."""

from __future__ import annotations

from django.db import models

from allconnects.accounts.models import Organisation


class Registered(models.Model):
    """A row that people edit. ``version`` grows with every change; archived rows are kept and hidden."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, editable=False)
    version = models.IntegerField(default=1, editable=False)

    class Meta:
        abstract = True


def of_organisation(table: str) -> models.UniqueConstraint:
    """What foreign keys need that hold a row to its organisation."""
    return models.UniqueConstraint(fields=["organisation", "id"], name=f"{table}_of_organisation")
