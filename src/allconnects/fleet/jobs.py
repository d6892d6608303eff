"""What the worker does for this room; every task speaks for one organisation."""

from __future__ import annotations

from allconnects.fleet.private import button, exceptions, feeding, settings, switching
from allconnects.fleet.services import listening, uploads
from allconnects.kit import jobs


@jobs.periodic("* * * * *", "fleet.listen")
def listen(organisation: int) -> None:
    """Drivers and tags that trackers told of since the last look."""
    listening.look(organisation)


@jobs.periodic("* * * * *", "fleet.private")
def private(organisation: int) -> None:
    """Gates follow who has what and when they work; switches and crashes are heard; what others see is brought up."""
    exceptions.take_crashes(organisation)
    button.follow_others(organisation)
    feeding.refresh(organisation)
    switching.write_down(organisation)
    switching.measure(organisation)
    settings.refresh(organisation)


@jobs.periodic("23 * * * *", "fleet.forgotten")
def forgotten(organisation: int) -> None:
    """Ask about those who badged in and never out."""
    listening.ask_about_forgotten(organisation)


@jobs.periodic("41 2 * * *", "fleet.forget")
def forget(organisation: int) -> None:
    """What is over its time goes."""
    listening.forget(organisation)


@jobs.task("fleet.look_through")
def look_through(organisation: int, upload: int) -> None:
    """See what a large file would do."""
    uploads.look_through(organisation, upload)


@jobs.task("fleet.carry_out")
def carry_out(organisation: int, upload: int) -> None:
    """Do what a file says, whole or not at all."""
    uploads.carry_out(organisation, upload)


@jobs.periodic("*/5 * * * *", "fleet.tend_uploads")
def tend_uploads(organisation: int) -> None:
    """Files that are a day old go; one that nothing happens to any more is given up, and says so."""
    uploads.tend(organisation)
