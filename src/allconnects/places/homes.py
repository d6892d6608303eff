"""Homes: shown to the account that lives there; everybody else learns at most that somebody was at home."""

from __future__ import annotations

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import ArrayLike, NDArray

from allconnects.accounts.models import Account, Organisation
from allconnects.kit.errors import InvalidInput
from allconnects.places import shapes
from allconnects.places.fences import Fence, Fences
from allconnects.places.models import Home

LEAST_RADIUS_M, MOST_RADIUS_M = 50.0, 500.0
"""Small enough to be a home, large enough that its middle does not show at which door a track ends."""


def home_of(organisation: Organisation, account: Account) -> Home | None:
    """Somebody's own home. Only ever ask for the account that is signed in."""
    return Home.objects.filter(organisation=organisation, account=account).first()


def set_home(organisation: Organisation, account: Account, shape: object) -> Home:
    """Say where one lives: a circle. Raises InvalidInput."""
    read = shapes.canonical(shape)
    if read["type"] != "Circle" or not LEAST_RADIUS_M <= read["radius_m"] <= MOST_RADIUS_M:
        raise InvalidInput(
            _("A home is a circle of %(least)s to %(most)s metres.")
            % {"least": f"{LEAST_RADIUS_M:g}", "most": f"{MOST_RADIUS_M:g}"}
        )
    home, _made = Home.objects.update_or_create(organisation=organisation, account=account, defaults={"shape": read})
    return home


def forget_home(organisation: Organisation, account: Account) -> None:
    """Take one's home away; nothing is left of it."""
    Home.objects.filter(organisation=organisation, account=account).delete()


def at_home(lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
    """Which points (n,), in degrees, lie in somebody's home: such a point is shown to nobody else as a place.

    Whose home it is, is not said. For the organisation that the transaction speaks for.
    """
    points = np.atleast_1d(np.asarray(lat, np.float64)), np.atleast_1d(np.asarray(lon, np.float64))
    masked = np.zeros(len(points[0]), np.bool_)
    homes = Home.objects.order_by("id").values_list("id", "shape")
    fences = Fences([Fence(number, shape) for number, shape in homes])
    masked[fences.inside(*points).position] = True
    return masked


def own_home_only(account: int, lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
    """Which points (n,) lie in the home of one account: for that person's own trips between home and work."""
    points = np.atleast_1d(np.asarray(lat, np.float64)), np.atleast_1d(np.asarray(lon, np.float64))
    found = np.zeros(len(points[0]), np.bool_)
    homes = Home.objects.filter(account_id=account).values_list("id", "shape")
    found[Fences([Fence(number, shape) for number, shape in homes]).inside(*points).position] = True
    return found
