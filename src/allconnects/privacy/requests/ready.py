"""Reasons not to accept a correction that stand ready: stored by a code, so that whoever reads one reads it in his
language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: Final[dict[str, Promise]] = {
    "agrees": _("What was measured agrees with the other data that we have."),
    "unproved": _("This cannot be checked: please bring something that shows it."),
}
"""Codes are kept in rows: one that is taken out of use stays here."""
