"""What the register can give to an authority: which vehicles somebody had."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy

from allconnects.fleet.models import Occupancy
from allconnects.privacy.disclosures.sources import Row, Source, register


def vehicles(organisation: int, person: UUID, start: datetime, end: datetime) -> list[Row]:
    """Number plate, role, from and until, within the span."""
    found = Occupancy.objects.filter(organisation_id=organisation, person_id=person, during__overlap=(start, end))
    return [
        (one.vehicle.plate, one.role, max(one.during.lower or start, start), min(one.during.upper or end, end))
        for one in found.select_related("vehicle").order_by("during")
    ]


def join() -> None:
    """Called once the register is loaded."""
    label = gettext_lazy("Which vehicles the person had")
    register(Source("vehicles", label, ("plate", "role", "from", "to"), vehicles))
