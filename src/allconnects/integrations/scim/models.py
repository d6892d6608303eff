"""What the directory of a firm says of the people that it takes in here."""

from __future__ import annotations

import uuid

from django.db import models

from allconnects.accounts.labels import account_label
from allconnects.accounts.models import Organisation, Role
from allconnects.kit import clock
from allconnects.kit.labels import Way, labelled

_SAID = account_label("user.account", "pseudonymous", basis="legitimate_interest")
_NAME = account_label("user.name", "direct", "provided", basis="legitimate_interest")
_NUMBER = account_label("user.unique_id", "indirect", "provided", basis="legitimate_interest")


@labelled(
    found=(Way("email", "user_name"),),
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    ingest="",
    worker="",
    **dict.fromkeys(("id", "organisation_id", "role", "active", "created_at", "changed_at", "version"), _SAID),
    user_name=account_label("user.contact.email", "direct", "provided", basis="legitimate_interest"),
    given_name=_NAME,
    family_name=_NAME,
    external_id=_NUMBER,
    employee_number=_NUMBER,
)
class DirectoryUser(models.Model):
    """A user as the directory knows it. ``user_name``: the address that signs in; ``employee_number``: of the register.

    ``active`` is what the directory wants; whoever leaves by another door is not active any more either.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    user_name = models.EmailField()
    external_id = models.CharField(max_length=200, blank=True, default="")
    given_name = models.CharField(max_length=80, blank=True, default="")
    family_name = models.CharField(max_length=80, blank=True, default="")
    employee_number = models.CharField(max_length=30, blank=True, default="")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.DRIVER)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    version = models.IntegerField(default=1)

    class Meta:
        db_table = "scim_user"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user_name"], name="scim_user_name_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="scim_role_known"),
        ]
        indexes = [models.Index(fields=["organisation", "external_id"], name="scim_external")]

    def __str__(self) -> str:
        return f"directory user {self.pk}"
