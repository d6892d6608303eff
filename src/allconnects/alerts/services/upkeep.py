"""What has to be done now and then: retention, and deliveries whose job was lost."""

from __future__ import annotations

from datetime import timedelta

from allconnects.alerts import later
from allconnects.alerts.models import Alert, Delivery, Outcome
from allconnects.kit import clock, config
from allconnects.privacy.retention import RULES

LEFT_BEHIND = timedelta(minutes=5)


def forget(organisation: int) -> tuple[int, int]:
    """Take away places that are older than positions may be, and events beyond their class. Returns how many."""
    now = clock.now()
    kept = RULES["alert"].default_days
    assert kept is not None
    placeless = Alert.objects.filter(
        start_at__lt=now - timedelta(days=config.current().position_days), lat_e7__isnull=False
    ).update(lat_e7=None, lon_e7=None)
    old = Alert.objects.filter(
        organisation_id=organisation, changed_at__lt=now - timedelta(days=kept), start_at__lt=now - timedelta(days=kept)
    )
    Delivery.objects.filter(alert=None, created_at__lt=now - timedelta(days=kept)).delete()
    return placeless, old.delete()[0]


def deliver_left_behind(organisation: int) -> int:
    """Ask again for deliveries that are due for long: a job may be lost with a restored database."""
    late = Delivery.objects.filter(outcome=Outcome.PENDING, due_at__lt=clock.now() - LEFT_BEHIND)
    rows = list(late.values_list("pk", "due_at")[:500])
    for number, due in rows:
        later.deliver(organisation, number, due)
    return len(rows)
