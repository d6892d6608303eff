"""What this room asks the worker to do later."""

from __future__ import annotations

from datetime import datetime

from allconnects.kit import clock, jobs


def deliver(organisation: int, delivery: int, at: datetime) -> None:
    """Hand a message over, not before a moment."""
    jobs.defer("alerts.deliver", organisation=organisation, delivery=delivery, at=at if at > clock.now() else None)
