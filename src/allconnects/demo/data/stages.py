"""The stages in which the demo is made. Each is one transaction: a start that is killed leaves it whole or undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.demo.data import alerts, care, devices, history, members, office, places, presence, register, reports
from allconnects.demo.data.access import Access, keep
from allconnects.demo.data.setting import Demo


@dataclass(frozen=True, slots=True)
class Stage:
    """``there``: whether it was made and only the note of that is missing; asked and made for the organisation."""

    name: str
    there: Callable[[Demo], bool]
    make: Callable[[Demo], None]


STAGES = (
    Stage("devices", devices.there, devices.make),
    Stage("members", members.there, members.make),
    Stage("places", places.there, places.make),
    Stage("register", register.there, register.make),
    Stage("presence", presence.there, presence.make),
    Stage("alerts", alerts.there, alerts.make),
    Stage("care", care.there, care.make),
    Stage("reports", reports.there, reports.make),
    Stage("office", office.there, office.make),
)


def demo_of(noted: Access) -> Demo:
    """The demo that a note is about. As the role ``owner`` of the database."""
    organisation = Organisation.objects.get(slug=noted["organisation"])
    return Demo(organisation, Account.objects.get(email=noted["account"]), noted["password"])


def make_missing(demo: Demo, path: Path, noted: Access) -> None:
    """Make the stages that no earlier start made, and note each at ``path``: what people threw away stays away."""
    made = noted.setdefault("made", [])
    for stage in STAGES:
        if stage.name not in made:
            with speaking_for(demo.organisation.pk, demo.owner.pk):
                if not stage.there(demo):
                    stage.make(demo)
            made.append(stage.name)
            keep(path, noted)
    if "history" not in made:
        history.fill(demo)
        made.append("history")
        keep(path, noted)
