"""The firm's head, working hours and what else it sets for its reports."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from allconnects.accounts.models import Organisation
from allconnects.fleet.models import Team, TeamMember
from allconnects.kit import enterprise
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.reports.hours import DEFAULT, HoursBook, Schedule, parse_schedule
from allconnects.reports.models import Profile, WorkingHours
from allconnects.reports.render.document import Letterhead

MOST_LOGO_BYTES = 300_000
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
MOST_SPANS = 4


def profile(organisation: int) -> Profile:
    """What the firm has set, or the defaults; not saved."""
    return Profile.objects.filter(pk=organisation).first() or Profile(organisation_id=organisation)


def letterhead(organisation: int) -> Letterhead:
    """The head on paper: the name of the organisation where nothing else was given."""
    found = profile(organisation)
    name = found.name or Organisation.objects.values_list("name", flat=True).get(pk=organisation)
    lines = tuple(filter(None, (found.street, found.city, found.contact)))
    return Letterhead(name, lines, found.vat, bytes(found.logo or b""), found.logo_type)


def save_profile(organisation: int, values: Mapping[str, Any], logo: bytes | None) -> Profile:
    """Set the head. ``logo``: None keeps it, empty takes it away. Raises InvalidInput."""
    found = profile(organisation)
    for name in ("name", "street", "city", "vat", "contact", "classify_days"):
        setattr(found, name, values[name])
    if found.vat and not valid_vat(found.vat):
        raise InvalidInput(_("A Belgian VAT number looks like BE 0123.456.749; its last two digits check the others."))
    if logo is not None:
        found.logo, found.logo_type = logo, _kind_of(logo) if logo else ""
    found.save()
    return found


def valid_vat(text: str) -> bool:
    """Belgian VAT numbers by form and check digits (97 minus the rest); others by form alone."""
    if not text.upper().startswith("BE"):
        return bool(re.fullmatch(r"[A-Z]{2}[A-Z0-9 .+*-]{2,14}", text.upper()))
    return enterprise.number(text) is not None


def _kind_of(logo: bytes) -> str:
    kind = next((kind for begin, kind in _SIGNATURES.items() if logo.startswith(begin)), "")
    if not kind or len(logo) > MOST_LOGO_BYTES:
        raise InvalidInput(_("A logo is a PNG or JPEG of at most 300 kB."))
    return kind


def hours_book(organisation: int) -> HoursBook:
    """The working hours of everybody in an organisation."""
    whole, teams = DEFAULT, {}
    for row in WorkingHours.objects.filter(organisation_id=organisation):
        schedule = parse_schedule(row.days, row.margin_minutes)
        if row.team_id is None:
            whole = schedule
        else:
            teams[row.team_id] = schedule
    return HoursBook(whole, teams, _members(organisation, list(teams)) if teams else {})


def hours_of(organisation: int) -> Callable[[UUID | None, date], list[tuple[time, time]]]:
    """What ``fleet.private.hours`` asks: the hours of a person on a day."""
    return hours_book(organisation).spans_of


def _members(organisation: int, teams: list[int]) -> dict[UUID, tuple[tuple[int, date, date | None], ...]]:
    found: dict[UUID, list[tuple[int, date, date | None]]] = defaultdict(list)
    rows = TeamMember.objects.filter(organisation_id=organisation, team_id__in=teams)
    for person, team, since, until in rows.values_list("person_id", "team_id", "since", "until"):
        found[person].append((team, since, until))
    return {person: tuple(spans) for person, spans in found.items()}


def schedule_of(organisation: int, team: int | None) -> Schedule:
    """The hours of a team or of all, as set or by default."""
    row = WorkingHours.objects.filter(organisation_id=organisation, team=team).first()
    return parse_schedule(row.days, row.margin_minutes) if row else DEFAULT


def save_hours(organisation: int, team: int | None, days: Mapping[int, list[tuple[time, time]]], margin: int) -> None:
    """Set the hours of a team or of all. Raises InvalidInput, NotFound."""
    if team is not None and not Team.objects.filter(pk=team, organisation_id=organisation).exists():
        raise NotFound(_("There is no such team."))
    if not any(days.values()):
        raise InvalidInput(_("Give at least one day with hours."))
    if any(len(spans) > MOST_SPANS for spans in days.values()):
        raise InvalidInput(_("A day has at most %(most)s spans of hours.") % {"most": MOST_SPANS})
    if not 0 <= margin <= 240:
        raise InvalidInput(_("The margin is 0 to 240 minutes."))
    stored = {str(day): [[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in spans] for day, spans in days.items() if spans}
    WorkingHours.objects.update_or_create(
        organisation_id=organisation,
        team=Team(pk=team) if team else None,
        defaults={"days": stored, "margin_minutes": margin},
    )


def forget_hours(organisation: int, team: int) -> None:
    """A team goes by the hours of all again."""
    WorkingHours.objects.filter(organisation_id=organisation, team_id=team).delete()
