"""Documents of vehicles, materials and people, and members of teams."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from allconnects.fleet import history
from allconnects.fleet.forms import DocumentForm
from allconnects.fleet.models import Document, Person, Team, TeamMember
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.services import register
from allconnects.fleet.services.installing import Place
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound


def add_document(who: Who, place: Place, data: Mapping[str, Any]) -> Document:
    """Enter a document of a vehicle, material or person. Raises Refused."""
    name = str(place._meta.model_name)
    form = DocumentForm(who, {k: "" if v is None else v for k, v in data.items()}, instance=Document(**{name: place}))
    saved: Document = register.save(who, form, about=f"{name}:{place.pk}")
    return saved


def document(key: int) -> Document:
    """One document. Raises NotFound."""
    found = Document.objects.filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such document."))
    return found


def drop_document(who: Who, key: int) -> Document:
    """Put a document away. Raises NotFound."""
    found = document(key)
    if found.archived_at is None:
        Document.objects.filter(pk=key).update(archived_at=clock.now(), version=found.version + 1)
        name = next(n for n in ("vehicle", "material", "person") if getattr(found, f"{n}_id") is not None)
        about = f"{name}:{getattr(found, f'{name}_id')}"
        history.record(who, found, ChangeKind.ARCHIVED, {}, {}, about=about)
    return found


def join(who: Who, team: Team, person: UUID, since: date, until: date | None = None, leads: bool = False) -> TeamMember:
    """Put a person into a team, both days included. Raises NotFound, InvalidInput (is in it already, wrong order)."""
    if not Person.objects.filter(pk=person).exists():
        raise NotFound(_("There is no such person."))
    if until is not None and until < since:
        raise InvalidInput(_("The end lies before the beginning."))
    made = TeamMember(
        organisation=who.organisation, team=team, person_id=person, since=since, until=until, leads=leads
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise InvalidInput(_("This person is in the team at that time already.")) from None
    history.record(who, made, ChangeKind.MADE, {}, history.values(made), about=f"team:{team.pk}")
    return made


def leave(who: Who, member: int, last_day: date) -> TeamMember:
    """A person leaves a team after a day; before the first day it never was in it. Raises NotFound."""
    found = TeamMember.objects.filter(pk=member).first()
    if found is None:
        raise NotFound(_("There is no such member."))
    before, about = history.values(found), f"team:{found.team_id}"
    if last_day < found.since:
        history.record(who, found, ChangeKind.REMOVED, {}, {}, about=about)
        found.delete()
        return found
    found.until = last_day
    found.save(update_fields=["until"])
    history.record(who, found, ChangeKind.CHANGED, before, history.values(found), about=about)
    return found
