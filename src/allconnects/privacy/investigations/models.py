"""What was asked, about whom, who decided, and until when it may be read."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.kit import clock
from allconnects.kit.labels import ages, told_later
from allconnects.privacy.requests.labels import CASE, STAFF, WHOM, WORDS, table

ASKED = replace(CASE, export="derived")
KINDS = replace(ASKED, schema="names of the kinds of data that were asked for")
SAID = replace(WORDS, export="derived")


class Ground(models.TextChoices):
    """The only grounds; which are in force, and since when: ``rules.toml``."""

    THEFT = "theft", _("Theft")
    DAMAGE = "damage", _("Damage")
    ACCIDENT = "accident", _("Accident")
    CLAIM = "claim", _("A legal claim")


class State(models.TextChoices):
    """Where a case stands."""

    ASKED = "asked", _("Waiting for a decision")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")
    ENDED = "ended", _("Ended")


@table(
    "SELECT, INSERT, UPDATE",
    **dict.fromkeys(
        ("id", "organisation_id", "ground", "vehicle", "first_day", "last_day", "delay_days", "state", "asked_at",
         "decided_at", "valid_until", "told_from"),
        ASKED,
    ),
    person=WHOM, what=KINDS, reason=SAID, delay_because=SAID, because=SAID, asked_by_id=STAFF, decided_by_id=STAFF,
)  # fmt: skip
class Investigation(models.Model):
    """One case: about one person or one vehicle.

    ``reason``: why it is asked; ``because``: why it was decided so. ``delay_days``: how much later the person is to be
    told, and ``delay_because`` why; ``told_from``: from which day he is, of one that waits the latest that it can be.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    ground = models.CharField(max_length=10, choices=Ground.choices)
    person = models.UUIDField(null=True)
    vehicle = models.IntegerField(null=True)
    what = ArrayField(models.CharField(max_length=20))
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=1000)
    delay_days = models.IntegerField(default=0)
    delay_because = models.CharField(max_length=400, blank=True, default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    because = models.CharField(max_length=400, blank=True, default="")
    asked_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    told_from = models.DateField(null=True)

    class Meta:
        db_table = "privacy_investigation"
        constraints = [
            models.CheckConstraint(condition=Q(ground__in=Ground.values), name="privacy_investigation_ground_known"),
            models.CheckConstraint(condition=Q(person=None) | Q(vehicle=None), name="privacy_investigation_about_one"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="privacy_investigation_days"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(asked_by=None) | ~Q(decided_by=F("asked_by")),
                name="privacy_investigation_by_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state="granted") | Q(valid_until__isnull=False, told_from__isnull=False),
                name="privacy_investigation_granted_for_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"investigation {self.pk}"

    @property
    def open(self) -> bool:
        """Whether data may be read under it now."""
        return self.state == State.GRANTED and self.valid_until is not None and clock.now() < self.valid_until


@table(
    "SELECT, INSERT", **dict.fromkeys(("id", "organisation_id", "investigation_id"), ASKED), person=WHOM,
)  # fmt: skip
class About(models.Model):
    """Whom a case is about: the person, or everybody who had the vehicle."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    investigation = models.ForeignKey(Investigation, on_delete=models.DO_NOTHING, related_name="about")
    person = models.UUIDField()

    class Meta:
        db_table = "privacy_investigation_about"
        constraints = [
            models.UniqueConstraint(fields=["investigation", "person"], name="privacy_investigation_about_once")
        ]
        indexes = [models.Index(fields=["person"], name="privacy_investigation_person")]

    def __str__(self) -> str:
        return f"about {self.pk}"


_AGE = "(SELECT coalesce(i.decided_at, i.asked_at) FROM privacy_investigation i WHERE i.id = {t}.investigation_id)"
ages("privacy_investigation", "coalesce({t}.decided_at, {t}.asked_at)", "worker")
ages("privacy_investigation_about", _AGE, "worker")
told_later("privacy_investigation", "{t}.told_from > %(today)s", "'investigation:' || {t}.id")
told_later(
    "privacy_investigation_about",
    "EXISTS (SELECT FROM privacy_investigation i WHERE i.id = {t}.investigation_id AND i.told_from > %(today)s)",
    "'investigation:' || {t}.investigation_id",
)
