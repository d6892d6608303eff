"""Words of closed lists, and how columns hold to them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


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


class Outcome(models.TextChoices):
    """How far a delivery got. Dropped: its receiver is gone, or does not want it any more."""

    PENDING = "pending", _("Waiting")
    SENT = "sent", _("Delivered")
    FAILED = "failed", _("Failed")
    DROPPED = "dropped", _("Dropped")


def known(field: str, words: type[models.TextChoices], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": words.values}), name=name)


def words(choices: Any) -> dict[str, str]:
    """Values of choices with their labels in the language of the moment."""
    return {value: str(label) for value, label in choices.choices}
