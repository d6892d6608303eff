"""People, who employs them, and the teams they work in."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import LANGUAGES, Account
from allconnects.fleet import labels
from allconnects.fleet.models.base import Registered, of_organisation
from allconnects.fleet.models.things import COMMON


@labels.tenant_table(
    **COMMON, name=labels.WORK, number=labels.WORK, joint_committee=labels.WORK,
    nobody="a firm; who works for it stands with the person",
)  # fmt: skip
class Employer(Registered):
    """Who employs people here: the firm itself, an agency, a subcontractor. ``number``: of the enterprise (KBO/BCE)."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    number = models.CharField(_("enterprise number"), max_length=10, blank=True, default="")
    joint_committee = models.CharField(_("joint committee"), max_length=10, blank=True, default="")

    class Meta:
        constraints = [
            of_organisation("employer"),
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=models.Q(archived_at=None), name="employer_name_once"
            ),
        ]

    def __str__(self) -> str:
        return f"employer {self.pk}"


@labels.tenant_table(
    **{**COMMON, "id": labels.PERSON_ID, "archived_at": labels.LEFT},
    first_name=labels.NAME,
    last_name=labels.LAST_NAME,
    number=labels.WORK,
    employer_id=labels.WORK,
    joint_committee=labels.WORK,
    languages=labels.LANGUAGES,
    account_id=labels.ACCOUNT_LINK,
    active_from=labels.WORK,
    active_until=labels.WORK,
    groups=labels.GROUPS,
    root="person",
)
class Person(Registered):
    """A human we hold data about; may have no account. ``number``: the firm's own, of the employee."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=80)
    number = models.CharField(_("employee number"), max_length=30, blank=True, default="")
    employer = models.ForeignKey(
        Employer, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("employer")
    )  # fmt: skip
    joint_committee = models.CharField(_("joint committee"), max_length=10, blank=True, default="")
    languages = ArrayField(
        models.CharField(max_length=5, choices=LANGUAGES), verbose_name=_("languages"), default=list, blank=True
    )
    account = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("account")
    )
    active_from = models.DateField(_("works here from"), null=True, blank=True)
    active_until = models.DateField(_("until"), null=True, blank=True)
    groups = ArrayField(models.CharField(max_length=50), verbose_name=_("groups"), default=list, blank=True)

    class Meta:
        constraints = [
            of_organisation("person"),
            models.UniqueConstraint(
                fields=["organisation", "number"],
                condition=~models.Q(number="") & models.Q(archived_at=None),
                name="person_number_once",
            ),
            models.UniqueConstraint(fields=["organisation", "account"], name="person_account_once"),
            models.CheckConstraint(
                condition=models.Q(active_from=None)
                | models.Q(active_until=None)
                | models.Q(active_until__gte=models.F("active_from")),
                name="person_active_in_order",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "last_name", "first_name", "id"], name="person_by_name")]

    def __str__(self) -> str:
        return f"person {self.pk}"

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@labels.tenant_table(
    **COMMON, name=labels.WORK, note=labels.NOTE, nobody="a group of people; who is in it stands in its members"
)
class Team(Registered):
    """People who work together."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    note = models.TextField(_("note"), max_length=2000, blank=True, default="")

    class Meta:
        constraints = [
            of_organisation("team"),
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=models.Q(archived_at=None), name="team_name_once"
            ),
        ]

    def __str__(self) -> str:
        return f"team {self.pk}"


@labels.tenant_table(
    **dict.fromkeys(("id", "organisation_id", "team_id"), labels.ID),
    person_id=labels.PERSON_ID,
    since=labels.WORK,
    until=labels.WORK,
    leads=labels.WORK,
)
class TeamMember(models.Model):
    """A person in a team, both days included; the database admits a person once at a time in a team."""

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    since = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)
    leads = models.BooleanField(_("leads the team"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")), name="team_member_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"team member {self.pk}"
