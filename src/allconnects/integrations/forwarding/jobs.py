"""What the worker does for forwarding."""

from __future__ import annotations

from datetime import timedelta

from allconnects.integrations.forwarding import services
from allconnects.integrations.forwarding.models import Target
from allconnects.kit import clock, jobs

AGAIN, AFTER_FAILURE = timedelta(seconds=3), timedelta(seconds=30)


@jobs.task("forwarding.send", outside=True, retries=0)
def send(organisation: int, target: int) -> None:
    """Hand over what is due to one target, then ask for the next time."""
    services.forward(target)
    found = Target.objects.filter(pk=target, organisation_id=organisation, enabled=True).first()
    if found is not None:
        wait = AFTER_FAILURE if found.failing_since else AGAIN
        ask(organisation, target, wait)


@jobs.periodic("* * * * *", "forwarding.check")
def check(organisation: int) -> None:
    """Every target that should work has somebody who works for it."""
    for number in Target.objects.filter(organisation_id=organisation, enabled=True).values_list("pk", flat=True):
        ask(organisation, number, timedelta(0))


def ask(organisation: int, target: int, wait: timedelta) -> None:
    """One job waits for each target at most."""
    jobs.defer(
        "forwarding.send", organisation=organisation, target=target, key=f"t{target}", serial=f"t{target}",
        at=clock.now() + wait if wait else None,
    )  # fmt: skip
