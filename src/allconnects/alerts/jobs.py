"""What the worker does for this room; every task speaks for one organisation."""

from __future__ import annotations

from allconnects.alerts.delivery import send
from allconnects.alerts.services import inbox, scheduled, upkeep, watch
from allconnects.kit import jobs


@jobs.task("alerts.look", retries=0)
def look(organisation: int) -> None:
    """Look at what came in. Asked for every few seconds while something comes in; the next round makes up for one."""
    watch.look(organisation)


@jobs.task("alerts.deliver", outside=True)
def deliver(organisation: int, delivery: int) -> None:
    """Hand one message over; what is sent already stays so."""
    send.deliver(organisation, delivery)


@jobs.periodic("* * * * *", "alerts.sweep")
def sweep(organisation: int) -> None:
    """What the clock brings: rules that wait, silent devices, expiry, escalation; and deliveries left behind."""
    watch.look(organisation)
    scheduled.look(organisation)
    inbox.escalate()
    upkeep.deliver_left_behind(organisation)


@jobs.periodic("17 3 * * *", "alerts.forget")
def forget(organisation: int) -> None:
    """Places of events go with their positions, events when their time is over."""
    upkeep.forget(organisation)
