"""The gateway's end of the bus: keeps the newest fix of each device and tells of it a few times a second."""

from __future__ import annotations

import asyncio
import math

from allconnects.telemetry.live.bus import Fix, PostgresBus
from allconnects.telemetry.store.hot import Latest

PUBLISH_EVERY_S = 0.1


class Outbox:
    """``add`` on the event loop; ``run`` publishes. Bounded by the number of devices."""

    def __init__(self, bus: PostgresBus) -> None:
        self._bus = bus
        self._fixes: dict[int, Fix] = {}

    def add(self, latest: Latest) -> None:
        """Note the newest fixes of a batch; an older one never replaces a newer."""
        columns = (
            latest.organisation, latest.device, latest.time_ms, latest.lat_e7, latest.lon_e7, latest.speed_kmh,
            latest.course_deg,
        )  # fmt: skip
        for fix in map(_fix, *(column.tolist() for column in columns)):
            known = self._fixes.get(fix.device)
            if known is None or known.time_ms <= fix.time_ms:
                self._fixes[fix.device] = fix

    async def run(self) -> None:
        """Publish what is new, for ever."""
        while True:
            await asyncio.sleep(PUBLISH_EVERY_S)
            if self._fixes:
                fixes, self._fixes = self._fixes, {}
                await self._bus.publish(fixes.values())


def _fix(organisation: int, device: int, time_ms: int, lat: int, lon: int, speed: float, course: float) -> Fix:
    return Fix(organisation, device, time_ms, lat, lon, _known(speed), _known(course))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1)
