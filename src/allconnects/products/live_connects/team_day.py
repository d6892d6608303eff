"""A team's day as rows of bars: who drove, rode along, stood where, idled, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from allconnects.accounts.models import Organisation
from allconnects.fleet.models import Occupancy, Team, TeamMember, Vehicle
from allconnects.kit import clock
from allconnects.kit.errors import NotFound
from allconnects.privacy.access import service as access
from allconnects.privacy.vault.errors import KeyRefused
from allconnects.products.live_connects import history_spans as spans
from allconnects.telemetry import services as telemetry
from allconnects.telemetry.store.reader import PURPOSE
from allconnects.telemetry.store.segments import bounds
from allconnects.trips import services as trips
from allconnects.trips.stored import StoredStop, StoredTrip

SHORTEST_GAP_S: Final = 60
MOST_TRACKS: Final = 20
"""Idling within trips stands in tracks only; so many are read, those that idled longest first."""
IDLE_FROM_S: Final = 60
OVER: Final = ("idle", "engine")
"""Bars that lie over those of trips and stops."""


@dataclass(frozen=True, slots=True)
class Bar:
    """``kind``: drive, ride, stop, idle (in a trip), engine (in a stop), unknown.

    ``name``: where it stood, or in what it drove; ``device``: whose.
    """

    kind: str
    start: datetime
    end: datetime
    name: str = ""
    device: int | None = None


@dataclass(slots=True)
class Row:
    """A person or a vehicle with its bars in order. ``device``: whose day it mostly was."""

    name: str
    bars: list[Bar] = field(default_factory=list)
    leads: bool = False

    @property
    def device(self) -> int | None:
        """The device that tells most about this row."""
        long: dict[int, float] = {}
        for bar in self.bars:
            if bar.device is not None and bar.kind not in OVER:
                long[bar.device] = long.get(bar.device, 0.0) + (bar.end - bar.start).total_seconds()
        return max(long, key=lambda one: long[one], default=None)

    def seconds(self, *kinds: str) -> float:
        """How long bars of these kinds are."""
        return sum((bar.end - bar.start).total_seconds() for bar in self.bars if bar.kind in kinds)

    @property
    def driving_s(self) -> float:
        """Driving, with the standing in it."""
        return self.seconds("drive")

    @property
    def idle_s(self) -> float:
        """Standing within trips, and with the engine on in stops."""
        return self.seconds(*OVER)


def team_of(number: int) -> Team:
    """A team. Raises NotFound."""
    found = Team.objects.filter(pk=number, archived_at=None).first()
    if found is None:
        raise NotFound(_("There is no such team."))
    return found


def members(team: Team, day: date) -> list[TeamMember]:
    """Who was in the team on a day: those who lead it first, then by name."""
    found = TeamMember.objects.filter(
        Q(until=None) | Q(until__gte=day), team=team, since__lte=day, person__archived_at=None
    )
    return list(found.select_related("person").order_by("-leads", "person__last_name", "person__first_name", "id"))


def by_person(organisation: Organisation, team: Team, day: date, viewer: int | None) -> list[Row]:
    """A row for each member. A fixed number of queries, and one reading for each track that idled; all are logged."""
    here = members(team, day)
    people = [one.person_id for one in here]
    start, end = bounds(day)
    drove = trips.trips_between(organisation.pk, start, end, people=people)
    stood = trips.named_stops(organisation.pk, trips.stops_between(organisation.pk, start, end, people=people), viewer)
    along, rides = _rides(organisation, people, start, end)
    names = _vehicles({one.vehicle for one in [*drove, *along] if one.vehicle})
    idles = _idles(organisation, day, drove)
    _note(organisation, people, day, len(drove) + len(along))
    rows = []
    for member in here:
        mine = [one for one in drove if one.person == member.person_id]
        bars = [_drive(one, names) for one in mine]
        bars += [bar for one in stood if one.person == member.person_id for bar in _stop(one)]
        bars += [
            replace(_drive(trip, names), kind="ride", start=a, end=b)
            for who, trip, a, b in rides
            if who == member.person_id
        ]
        bars += [bar for one in mine for bar in idles.get(one.id, ())]
        rows.append(Row(member.person.name, whole(bars, start, end), member.leads))
    return rows


def by_vehicle(organisation: Organisation, team: Team, day: date, viewer: int | None) -> list[Row]:
    """A row for each vehicle that a member drove or rode in, with all that it did on that day."""
    people = [one.person_id for one in members(team, day)]
    start, end = bounds(day)
    used = {one.vehicle for one in trips.trips_between(organisation.pk, start, end, people=people) if one.vehicle}
    used |= set(_stays(organisation, people, start, end).values_list("vehicle_id", flat=True))
    names = _vehicles(used)
    drove = trips.trips_between(organisation.pk, start, end, vehicles=list(names))
    stood = trips.named_stops(
        organisation.pk, trips.stops_between(organisation.pk, start, end, vehicles=list(names)), viewer
    )
    idles = _idles(organisation, day, drove)
    _note(organisation, [*people, *{one.person for one in drove if one.person}], day, len(drove))
    rows = []
    for vehicle, name in sorted(names.items(), key=lambda one: one[1].casefold()):
        mine = [one for one in drove if one.vehicle == vehicle]
        bars = [_drive(one, {}) for one in mine]
        bars += [bar for one in stood if one.vehicle == vehicle for bar in _stop(one)]
        rows.append(Row(name, whole([*bars, *(b for one in mine for b in idles.get(one.id, ()))], start, end)))
    return rows


def _vehicles(ids: Iterable[Any]) -> dict[int, str]:
    return dict(Vehicle.objects.filter(pk__in=[one for one in ids if one]).values_list("id", "name"))


def _stays(organisation: Organisation, people: Sequence[Any], start: datetime, end: datetime) -> Any:
    return Occupancy.objects.filter(organisation=organisation, person_id__in=people, during__overlap=(start, end))


def _rides(
    organisation: Organisation, people: Sequence[Any], start: datetime, end: datetime
) -> tuple[list[StoredTrip], list[tuple[Any, StoredTrip, datetime, datetime]]]:
    """Trips of vehicles in which somebody sat as a passenger, and which part of each was ridden."""
    stays = list(_stays(organisation, people, start, end).filter(role="passenger"))
    if not stays:
        return [], []
    found = trips.trips_between(organisation.pk, start, end, vehicles=list({one.vehicle_id for one in stays}))
    ridden = []
    for stay in stays:
        first, last = stay.during.lower or start, stay.during.upper or end
        for trip in found:
            begin, until = max(first, trip.start), min(last, trip.end)
            if trip.vehicle == stay.vehicle_id and begin < until:
                ridden.append((stay.person_id, trip, begin, until))
    return found, ridden


def _drive(trip: StoredTrip, names: dict[int, str]) -> Bar:
    return Bar("drive", trip.start, trip.end, names.get(trip.vehicle or 0, ""), trip.device)


def _stop(stop: StoredStop) -> list[Bar]:
    stood = Bar("stop", stop.start, clock.now() if stop.still_open else stop.end, stop.name, stop.device)
    return [stood, *(Bar("engine", begin, end, "", stop.device) for begin, end in stop.idle)]


def _idles(organisation: Organisation, day: date, drove: Sequence[StoredTrip]) -> dict[int, list[Bar]]:
    """Where trips stood for a minute or longer, by trip; from the tracks of those that did."""
    long: dict[int, float] = {}
    for trip in drove:
        if trip.idle_s >= IDLE_FROM_S:
            long[trip.device] = long.get(trip.device, 0.0) + trip.idle_s
    found: dict[int, list[Bar]] = {}
    for device in sorted(long, key=lambda one: -long[one])[:MOST_TRACKS]:
        try:
            track = telemetry.day_track(organisation, device, day)
        except KeyRefused:
            continue
        for trip in (one for one in drove if one.device == device):
            span = (round(trip.start.timestamp() * 1000), round(trip.end.timestamp() * 1000))
            found[trip.id] = [
                Bar("idle", _moment(a), _moment(b), "", device)
                for a, b in spans.idles(track.time_ms, track.speed_kmh, [span])
            ]
    return found


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _note(organisation: Organisation, people: Iterable[Any], day: date, size: int) -> None:
    with connection.cursor() as cursor:
        access.note(
            cursor, organisation.pk, {str(one) for one in people}, purpose=PURPOSE, scope="trips", first=day, last=day,
            size=size,
        )  # fmt: skip


def whole(bars: Sequence[Bar], start: datetime, end: datetime) -> list[Bar]:
    """Bars cut to the day, in order, with what is not known between them; what is to come is left open."""
    inside = [replace(one, start=max(one.start, start), end=min(one.end, end)) for one in bars]
    inside = [one for one in inside if one.start < one.end]
    found, known_to = list(inside), start
    for bar in sorted((one for one in inside if one.kind not in OVER), key=lambda one: one.start):
        if (bar.start - known_to).total_seconds() >= SHORTEST_GAP_S:
            found.append(Bar("unknown", known_to, bar.start))
        known_to = max(known_to, bar.end)
    until = min(end, clock.now())
    if (until - known_to).total_seconds() >= SHORTEST_GAP_S:
        found.append(Bar("unknown", known_to, until))
    order = {"unknown": 0, "stop": 1, "ride": 2, "drive": 3, "idle": 4, "engine": 5}
    return sorted(found, key=lambda one: (one.start, order[one.kind]))
