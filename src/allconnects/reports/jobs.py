"""Work of this room that is done later."""

from __future__ import annotations

from allconnects.kit import jobs
from allconnects.reports import mailing, sending, unclosed


@jobs.periodic("*/5 * * * *", "reports.due")
def due(organisation: int) -> None:
    """Ask for what is to be sent now."""
    sending.send_due(organisation)
    mailing.give_up(organisation)


@jobs.periodic("40 * * * *", "reports.unclosed")
def ask_about_stays(organisation: int) -> None:
    """Ask until when people were at sites where nobody closed it."""
    unclosed.ask(organisation)


@jobs.task("reports.deliver", outside=True)
def deliver(organisation: int, delivery: int) -> None:
    """Send one report to one receiver."""
    mailing.deliver(organisation, delivery)
