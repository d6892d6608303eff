"""Imports in the background, a few seconds at a time: so that how far it is can be seen, and it can be stopped."""

from __future__ import annotations

from datetime import timedelta

from allconnects.kit import clock, jobs
from allconnects.telemetry.imports import services
from allconnects.telemetry.imports.models import Form, Import, Stage

SLICE_S = 2.0
_FORGOTTEN = timedelta(minutes=2)


@jobs.task("telemetry.import_slice")
def import_slice(organisation: int, number: int) -> None:
    """Write for some seconds, then make room for other work."""
    if services.advance(number, SLICE_S).stage == Stage.RUNNING:
        go_on(organisation, number)


def go_on(organisation: int, number: int) -> None:
    """Ask for the next seconds of an import."""
    jobs.defer("telemetry.import_slice", organisation=organisation, number=number, key=str(number))


@jobs.periodic("*/2 * * * *", "telemetry.tend_imports")
def tend_imports(organisation: int) -> None:
    """Imports of files that nobody works on go on; previews that nobody wanted go."""
    quiet = clock.now() - _FORGOTTEN
    running = Import.objects.filter(stage=Stage.RUNNING, changed_at__lt=quiet).exclude(form=Form.TRACCAR)
    for number in running.values_list("id", flat=True):
        go_on(organisation, number)
    services.forget_old()
