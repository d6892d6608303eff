"""What this room adds to the copy of an organisation that leaves: positions, a file for each device and day."""

from __future__ import annotations

from collections.abc import Iterator

from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.offboarding.ports import Raw, files
from allconnects.privacy.vault import Vault
from allconnects.telemetry.export import Source, csv
from allconnects.telemetry.store.reader import track
from allconnects.telemetry.store.segments import bounds, days_kept

WHO = "process:offboarding"


@files("positions")
def positions(connection: Raw, vault: Vault, organisation: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Days with a fix; one that cannot be read, being withheld or without its key, is named with ``/refused``."""
    for device, day in days_kept(connection.cursor(), organisation):
        start, end = bounds(day)
        name = f"{device}/{day:%Y-%m-%d}.csv"
        try:
            with connection.transaction(), connection.cursor() as cursor:
                found = track(
                    cursor, organisation, device, start, end, who=WHO, vault=vault, altitude=True, outward=True
                )
        except AllconnectsError:
            yield f"{name}/refused", iter(())
            continue
        if len(found):
            yield name, csv(Source(device, found))
