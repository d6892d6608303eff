"""Small things that several tests of this room start from."""

from __future__ import annotations

from allconnects.accounts.models import Organisation


def register_vehicle(organisation: Organisation) -> int:
    """A van, within a transaction that speaks for its organisation."""
    from allconnects.fleet.models import Vehicle

    return Vehicle.objects.create(organisation=organisation, name="van").pk
