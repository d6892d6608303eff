"""What the worker does for billing."""

from __future__ import annotations

import structlog

from allconnects.billing import catalog, invoices, sending
from allconnects.billing.store import session
from allconnects.kit import jobs
from allconnects.kit.errors import AllconnectsError

log = structlog.get_logger()


@jobs.periodic("35 * * * *", "billing.round", outside=True)
def round_of(organisation: int) -> None:
    """Invoice the periods that have begun and send what was not sent; what fails is tried again in an hour."""
    if not catalog.on():
        return
    try:
        with session(organisation) as connection:
            made = invoices.issue_due(connection, organisation, catalog.today())
        sent = sending.send_waiting(organisation)
    except AllconnectsError as error:
        log.warning("billing.round_failed", organisation=organisation, error=error.code)
        return
    if made or sent:
        log.info("billing.round", organisation=organisation, issued=len(made), sent=sent)
