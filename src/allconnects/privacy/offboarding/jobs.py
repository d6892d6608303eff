"""Work of this part that is done later."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from allconnects.kit import clock, jobs
from allconnects.privacy.offboarding import copies, engine, service

COPY_DAYS = 7


@jobs.task("offboarding.copy")
def copy(organisation: int, number: UUID) -> None:
    """Make the copy of everything."""
    copies.make(organisation, number)


@jobs.periodic("*/10 * * * *", "offboarding.go", outside=True)
def go(organisation: int) -> None:
    """Whoever's day has come leaves; what was not done goes on."""
    one = service.found(organisation)
    if one is None:
        return
    if one.copy_at and one.copy_at < clock.now() - timedelta(days=COPY_DAYS):
        copies.remove(one.id)
    if one.state in ("waiting", "erasing", "partial"):
        engine.run(organisation)
