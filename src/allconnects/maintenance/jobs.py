"""What the worker does for this room; every task speaks for one organisation."""

from __future__ import annotations

from datetime import timedelta

from allconnects.kit import clock, jobs
from allconnects.maintenance.models import Done, Usage
from allconnects.maintenance.services import due, usage
from allconnects.privacy.retention import RULES


@jobs.periodic("13 * * * *", "maintenance.hourly")
def hourly(organisation: int) -> None:
    """Hours of today and yesterday, and what is due by them and by kilometres."""
    usage.refresh(organisation, 2)
    due.refresh(organisation)


@jobs.periodic("37 3 * * *", "maintenance.nightly")
def nightly(organisation: int) -> None:
    """Late data of the last days; what is over its time goes."""
    usage.refresh(organisation, usage.AGAIN_DAYS)
    due.refresh(organisation)
    kept = RULES["occupancy"].default_days
    assert kept is not None
    edge = clock.now() - timedelta(days=kept)
    Usage.objects.filter(day__lt=edge.date()).delete()
    old = Done.objects.filter(at__lt=edge)
    old.filter(plan__kind="check").delete()
