"""Work of this part that is done later; each erasure runs on a connection of its own, in small transactions."""

from __future__ import annotations

from uuid import UUID

from allconnects.kit import jobs
from allconnects.privacy.erasure import engine, service
from allconnects.privacy.export import service as export_service


@jobs.task("privacy.erase", outside=True)
def erase(organisation: int, erasure: UUID) -> None:
    """Carry one erasure as far as it goes."""
    engine.run(organisation, erasure)


@jobs.periodic("*/10 * * * *", "privacy.erase_again", outside=True)
def erase_again(organisation: int) -> None:
    """Take up what is not done: a processor was away, a hold was released, a worker was killed."""
    for erasure in service.unfinished(organisation):
        engine.run(organisation, erasure)


@jobs.task("privacy.export")
def export(organisation: int, export: UUID) -> None:
    """Make one copy of a person's data."""
    export_service.make(organisation, export)


@jobs.periodic("37 * * * *", "privacy.exports_expire")
def exports_expire(organisation: int) -> None:
    """Copies that nobody fetched go."""
    export_service.expire(organisation)
