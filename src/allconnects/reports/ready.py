"""Answers to contested hours that stand ready: stored by a code, so that whoever reads one reads it in his language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CORRECTED: Final[dict[str, Promise]] = {
    "right": _("You are right: your hours are corrected."),
    "added": _("What was missing has been added."),
}
KEPT: Final[dict[str, Promise]] = {
    "badge": _("The badge and the tracker say the same."),
    "team": _("The hours agree with those of your team at the site."),
    "person": _("I explained it to you in person."),
}
ANSWERS: Final[dict[str, Promise]] = CORRECTED | KEPT
"""Codes are kept in rows: one that is taken out of use stays here."""
