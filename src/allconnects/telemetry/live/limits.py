"""What fresh fixes of an organisation's devices are shown, between two looks at the database. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import floor

from allconnects.telemetry.live.bus import Fix
from allconnects.telemetry.live.state import MOVING_KMH


@dataclass(slots=True)
class Limits:
    """By device: ``grid_e7``, the width of the cells of which the middle is shown; ``waiting``: not shown until it
    moves, because where it stands may be somebody's home; ``withheld``: not shown, because whoever has it now may not
    be."""

    grid_e7: dict[int, int] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    withheld: frozenset[int] = frozenset()

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, bool | None]], withheld: Iterable[int] = ()) -> Limits:
        """From rows of ``snapshot.LIMITED``, and devices of ``snapshot.WITHHELD``."""
        found = cls(withheld=frozenset(withheld))
        for device, grid, shown in rows:
            if grid:
                found.grid_e7[device] = grid
            if not shown:
                found.waiting.add(device)
        return found

    def seen(self, fix: Fix) -> Fix | None:
        """The fix as others see it; None while they do not."""
        if fix.device in self.withheld:
            return None
        if fix.device in self.waiting:
            if fix.speed_kmh is None or fix.speed_kmh < MOVING_KMH:
                return None
            self.waiting.discard(fix.device)
        grid = self.grid_e7.get(fix.device, 0)
        if not grid:
            return fix
        return fix._replace(lat_e7=cell(fix.lat_e7, grid), lon_e7=cell(fix.lon_e7, grid), course_deg=None)


def cell(value_e7: int, grid_e7: int) -> int:
    """The middle of the cell in which a coordinate lies."""
    return floor(value_e7 / grid_e7) * grid_e7 + grid_e7 // 2
