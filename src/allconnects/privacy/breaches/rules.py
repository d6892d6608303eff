"""The clock of a breach and what may be closed. Pure.

Source: GDPR art. 33(1): without undue delay and, where feasible, within 72 hours of becoming aware; a later
notification gives reasons; none is needed where a risk is unlikely. Art. 33(5): every breach is documented. Hours, so
weekends and holidays count (Regulation 1182/71, art. 3(4), moves only periods that are not in hours).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

HOURS = 72
State = Literal["open", "soon", "late", "notified", "not_needed", "closed"]
SOON = timedelta(hours=24)


def deadline(noticed_at: datetime) -> datetime:
    """72 hours after it became known, to the second, whatever the clocks do in between."""
    return noticed_at + timedelta(hours=HOURS)


def state(
    now: datetime, noticed_at: datetime, risk: str, notified_at: datetime | None, closed_at: datetime | None
) -> State:
    """How it stands with telling the authority."""
    if closed_at is not None:
        return "closed"
    if notified_at is not None:
        return "notified"
    if risk == "none":
        return "not_needed"
    left = deadline(noticed_at) - now
    return "late" if left < timedelta(0) else "soon" if left <= SOON else "open"


def missing(
    noticed_at: datetime, risk: str, reason: str, notified_at: datetime | None, persons_told_at: datetime | None
) -> list[str]:
    """Why a breach cannot be closed yet: words of a closed list."""
    found = []
    if risk == "none" and not reason:
        found.append("reason")
    if risk != "none" and notified_at is None:
        found.append("notification")
    if notified_at is not None and notified_at > deadline(noticed_at) and not reason:
        found.append("reason")
    if risk == "high" and persons_told_at is None and not reason:
        found.append("persons")
    return found
