"""What tests of the registry do again and again: switching a purpose on, publishing, telling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.privacy.registry import editing, jobs, publishing
from allconnects.privacy.registry.models import Kind, Notice

SAFETY = "report.road_safety"
TEST = {
    "interest": "Fewer accidents.", "necessity": "Speed is what accidents depend on.",
    "balance": "Only peaks, only in working hours, talked over with the driver first.", "safeguards": ["no ranking"],
}  # fmt: skip


@contextmanager
def on(organisation: Any, days: float = 0) -> Iterator[int]:
    """In a transaction that speaks for the organisation, so many days from now."""
    with clock.at(datetime.now(UTC) + timedelta(days=days)), speaking_for(organisation.pk):
        yield organisation.pk


def today(days: int = 0) -> date:
    """The Brussels day, so many days from now."""
    from django.utils.timezone import localtime

    return localtime(datetime.now(UTC)).date() + timedelta(days=days)


def switch(organisation: Any, key: str = SAFETY, *, to: bool = True, **more: Any) -> None:
    """Switch a purpose in the draft, with its balancing test."""
    with on(organisation) as pk:
        held = editing.entry(pk, Kind.PURPOSE, key)
        editing.save(pk, Kind.PURPOSE, key, {**held, **TEST, "on": to, **more})


def publish(organisation: Any, days: int, **more: Any) -> Notice:
    """Publish the draft, to hold so many days from now."""
    given = {"dpia": "DPIA-7", "consulted_on": today(-3), "told_others": "a letter", **more}
    with on(organisation) as pk:
        return publishing.publish(pk, today(days), **given)


def tell(notice: Notice, days: float = 0) -> None:
    """Do the job that tells people."""
    with clock.at(datetime.now(UTC) + timedelta(days=days)), speaking_for(notice.organisation_id):
        jobs.tell(notice.organisation_id, notice.pk)
