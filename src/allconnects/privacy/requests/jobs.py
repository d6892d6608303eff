"""What the worker does for requests; every task speaks for one organisation."""

from __future__ import annotations

from allconnects.kit import jobs
from allconnects.privacy.requests import mailbox, sending, upkeep


@jobs.task("requests.send", outside=True)
def send(organisation: int, letter: int) -> None:
    """Send one letter; what was sent stays so."""
    sending.send(organisation, letter)


@jobs.periodic("*/5 * * * *", "requests.fetch", outside=True)
def fetch(organisation: int) -> None:
    """Make cases of what reached the e-mail box."""
    mailbox.fetch(organisation)


@jobs.periodic("*/10 * * * *", "requests.look")
def look(organisation: int) -> None:
    """Tell people whose erasure got stuck half way; allow again what was announced for today."""
    upkeep.look(organisation)
    upkeep.lift(organisation)


@jobs.periodic("10 5 * * *", "requests.remind", outside=True)
def remind(organisation: int) -> None:
    """Remind whoever answers."""
    upkeep.remind(organisation)


@jobs.periodic("40 2 * * *", "requests.purge")
def purge(organisation: int) -> None:
    """What was never confirmed, and content whose time is over, goes."""
    upkeep.purge(organisation)
