"""Positions against the places of rules, once for all rules of a round."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from allconnects.alerts.columns import Columns
from allconnects.alerts.conditions import Inside
from allconnects.alerts.engine import Bools
from allconnects.places.fences import Fence, Fences
from allconnects.places.models import Place


class Places:
    """The places that some rules name, made ready for many positions."""

    def __init__(self, numbers: Iterable[int]) -> None:
        wanted = sorted(set(numbers))
        rows = Place.objects.filter(pk__in=wanted).only("id", "name", "shape") if wanted else []
        self._fences = Fences([Fence(one.pk, one.shape) for one in rows])
        self.names = {one.pk: one.name for one in rows}

    def inside_of(self, columns: Columns) -> Inside:
        """For columns of positions, the function that conditions ask."""
        if not len(self._fences) or not len(columns):
            return _nowhere(len(columns))
        zones = self._fences.zones(columns.lat_e7 / 1e7, columns.lon_e7 / 1e7)
        number = self._fences.ids[zones.fence]

        def inside(places: tuple[int, ...]) -> tuple[Bools, Bools]:
            wanted = np.isin(number, places)
            sure, away = np.zeros(len(columns), bool), np.ones(len(columns), bool)
            sure[zones.position[wanted & zones.inside]] = True
            away[zones.position[wanted]] = False
            return sure, away

        return inside


def _nowhere(count: int) -> Inside:
    """A place that was deleted holds nothing."""
    return lambda _places: (np.zeros(count, bool), np.ones(count, bool))
