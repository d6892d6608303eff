"""What the worker does for places."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import connection, transaction

from allconnects.kit import clock, config, jobs
from allconnects.kit.errors import AllconnectsError
from allconnects.places import addresses, due, visits

log = structlog.get_logger()
_MOST = 100
_AS_KEPT = "UPDATE places_due SET since = %(oldest)s WHERE organisation_id = %(organisation)s AND since < %(oldest)s"
_PASSING = """
    DELETE FROM places_visit v USING places_place p
    WHERE v.organisation_id = %s AND p.organisation_id = v.organisation_id AND p.id = v.place_id
      AND v.after IS NOT NULL AND v.leave < now() - interval '3 days'
      AND v.leave - v.enter < make_interval(secs => p.dwell_s)"""
_NO_PLACES = """
    DELETE FROM places_due WHERE organisation_id = %s
      AND NOT EXISTS (SELECT FROM places_place p WHERE p.organisation_id = places_due.organisation_id)"""


@jobs.periodic("*/2 * * * *", "places.look")
def look(organisation: int) -> None:
    """See who has news, and have their visits worked out."""
    due.look(organisation)
    with connection.cursor() as cursor:
        cursor.execute(_NO_PLACES, [organisation])
    if visits.due_devices(organisation, 1):
        jobs.defer("places.visits", organisation=organisation, key="visits", serial="visits")


@jobs.task("places.visits")
def work_out(organisation: int) -> None:
    """Visits of up to 100 devices; the next job does those behind."""
    fences, _places = visits.ready(organisation)
    for device in visits.due_devices(organisation, _MOST):
        try:
            with transaction.atomic():
                visits.work_out(organisation, device, fences)
        except AllconnectsError as error:  # a key that is restricted or lost: the others go on
            log.warning("places.not_worked_out", organisation=organisation, device=device, error=type(error).__name__)
            due.set_aside(organisation, device)
    if visits.due_devices(organisation, 1):
        jobs.defer("places.visits", organisation=organisation, key="more", serial="visits")


@jobs.periodic("17 3 * * *", "places.forget")
def forget(organisation: int) -> None:
    """What only passed through a place goes after three days; nothing is worked out from before what is kept.

    Visits themselves go by leaves of weeks (``parts``)."""
    oldest = clock.now() - timedelta(days=config.current().position_days - 1)
    with connection.cursor() as cursor:
        cursor.execute(_AS_KEPT, {"organisation": organisation, "oldest": oldest})
        cursor.execute(_PASSING, [organisation])
    addresses.forget(organisation)


@jobs.periodic("* * * * *", "places.addresses", outside=True)
def ask_addresses(organisation: int) -> None:
    """Ask the address server, if there is one, for what pages wanted to know: up to 20 cells, one a second."""
    addresses.ask_waiting(organisation, 20)
