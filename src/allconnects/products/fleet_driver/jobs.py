"""What the worker does for this room."""

from __future__ import annotations

from django.db import connection

from allconnects.kit import jobs
from allconnects.privacy.access import service as access
from allconnects.products.fleet_driver import bulk


@jobs.periodic("*/10 * * * *", "driver.bulk")
def look_for_bulk(organisation: int) -> None:
    """Somebody read about unusually many people one by one: owners are told, and it stands in the audit chain."""
    with connection.cursor() as cursor:
        found = access.tell_bulk(cursor, organisation)
    for actor, count in found:
        bulk.tell(organisation, actor, count)
