"""What code asks before it does something that an organisation switches on and off."""

from __future__ import annotations

from datetime import datetime

from allconnects.privacy.registry import editing, publishing
from allconnects.privacy.registry.models import Kind


def purposes_on(organisation: int, at: datetime | None = None) -> frozenset[str]:
    """Keys of purposes that may be pursued now. In a transaction that speaks for that organisation.

    Switched on counts from the day of the published version on; switched off in the draft counts at once.
    """
    held, draft = publishing.published(organisation, at)[Kind.PURPOSE], editing.draft(organisation)[Kind.PURPOSE]
    return frozenset(key for key, one in draft.items() if one["on"] and held.get(key, one)["on"])
