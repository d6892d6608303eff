"""What people and programs do with places. Each call runs in a transaction that speaks for one organisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection, transaction
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from allconnects.accounts.models import Organisation
from allconnects.kit import clock, paging, words
from allconnects.kit.errors import InvalidInput, NotFound, Withheld
from allconnects.places import due, shapes
from allconnects.places.models import Colour, Kind, Place
from allconnects.places.shapes import Shape

MOST_PLACES = 20_000
LONGEST_DWELL_S = 86_400
LAST_YEAR = 9000
PLACES_OF_VISITS = ("shape", "active_from", "active_until", "timezone")
"""What visits depend on: when it changes they are worked out again."""
_TEXTS = {"name": 100, "number": 50, "address": 200, "works_declaration": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody says of a place."""

    name: str
    shape: object
    kind: str = Kind.SITE
    number: str = ""
    address: str = ""
    colour: str = Colour.BLUE
    active_from: date | None = None
    active_until: date | None = None
    works_declaration: str = ""
    timezone: str = "Europe/Brussels"
    dwell_s: int = 180


def find_places(text: str = "", kind: str = "", on: date | None = None) -> QuerySet[Place]:
    """Places by name. ``text``: part of name, number or address; ``on``: those active on that day."""
    found: QuerySet[Place] = Place.objects.order_by("name", "id")
    if not text.isprintable():
        return found.none()
    found = words.holding(found, words.words_of(text), ("name", "number", "address"))
    if kind:
        found = found.filter(kind=kind)
    if on:
        found = found.filter(
            Q(active_from=None) | Q(active_from__lte=on), Q(active_until=None) | Q(active_until__gte=on)
        )
    return found


def after(found: QuerySet[Place], number: int) -> QuerySet[Place]:
    """Those of a list that come after a place. Raises InvalidInput where that is gone."""
    last = Place.objects.filter(pk=number).values_list("name", flat=True).first()
    if last is None:
        raise paging.gone()
    return found.filter(Q(name__gt=last) | Q(name=last, pk__gt=number))


def list_places(text: str = "", kind: str = "", on: date | None = None) -> list[Place]:
    """The same, read at once."""
    return list(find_places(text, kind, on))


def state_of_places() -> str:
    """Another word whenever a place is added, changed or removed, and another day begins."""
    known = Place.objects.aggregate(count=Count("id"), last=Max("changed_at"), versions=Sum("version"))
    return f'"{known["count"]}-{known["versions"]}-{known["last"]}-{clock.now().date()}"'.replace(" ", "_")


def place(number: int) -> Place:
    """One place. Raises NotFound."""
    try:
        return Place.objects.get(pk=number)
    except Place.DoesNotExist:
        raise NotFound(_("There is no such place.")) from None


def add_place(organisation: Organisation, given: Given) -> Place:
    """A new place; past days are looked through for visits to it. Raises InvalidInput."""
    return add_places(organisation, [given])[0]


def add_places(organisation: Organisation, given: Sequence[Given]) -> list[Place]:
    """Several new places, all or none. Raises InvalidInput for the first that is wrong, or when there are too many."""
    if Place.objects.count() + len(given) > MOST_PLACES:
        raise InvalidInput(_("An organisation has at most %(most)s places.") % {"most": MOST_PLACES})
    made = [Place(organisation=organisation, **checked(one)) for one in given]
    with transaction.atomic():
        Place.objects.bulk_create(made)
        due.places_changed(organisation.pk, [one.pk for one in made])
    return made


def change_place(number: int, given: Given, version: int | None = None) -> Place:
    """Put what is given in place of what was. Raises NotFound, InvalidInput.

    ``version``: the one that somebody looked at before; when another has changed the place since, nothing is changed.
    """
    values = checked(given)
    with transaction.atomic():
        found = Place.objects.select_for_update().filter(pk=number).first()
        if found is None:
            raise NotFound(_("There is no such place."))
        if version is not None and version != found.version:
            raise InvalidInput(_("Somebody else has changed this place meanwhile. Look at it again."))
        moved = any(getattr(found, name) != values[name] for name in PLACES_OF_VISITS)
        for name, value in values.items():
            setattr(found, name, value)
        found.version += 1
        found.save()
        if moved:
            due.places_changed(found.organisation_id, [found.pk])
    return found


def delete_place(number: int) -> None:
    """Take a place away with its visits. Raises NotFound, Withheld."""
    found = place(number)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT telemetry_place_withheld(%s)", [number])
        if cursor.fetchone()[0]:
            raise Withheld(_("Visits to this place must be kept for now. Let it end today, and delete it later."))
        found.delete()


def checked(given: Given) -> dict[str, Any]:
    """The fields of a place. Raises InvalidInput for the first that is wrong."""
    values: dict[str, Any] = {name: _text(getattr(given, name), most) for name, most in _TEXTS.items()}
    if not values["name"]:
        raise InvalidInput(_("A place needs a name."))
    if given.kind not in Kind.values or given.colour not in Colour.values:
        raise InvalidInput(_("This kind or colour of a place is not known."))
    if given.active_from and given.active_until and given.active_until < given.active_from:
        raise InvalidInput(_("The place ends before it begins."))
    for day in filter(None, (given.active_from, given.active_until)):
        if not 1970 <= day.year <= LAST_YEAR:
            raise InvalidInput(_("A date must lie between 1970 and %(last)s.") % {"last": LAST_YEAR})
    if not 0 <= given.dwell_s <= LONGEST_DWELL_S:
        raise InvalidInput(_("A visit counts from 0 seconds to 24 hours on."))
    shape = shapes.canonical(given.shape)
    return {
        **values,
        "kind": given.kind,
        "colour": given.colour,
        "active_from": given.active_from,
        "active_until": given.active_until,
        "timezone": _zone(given.timezone),
        "dwell_s": given.dwell_s,
        "shape": shape,
        **_derived(shape),
    }


def _derived(shape: Shape) -> dict[str, float]:
    lon, lat = shapes.middle(shape)
    return {**shapes.box(shape)._asdict(), "lon": lon, "lat": lat}


def _text(value: str, most: int) -> str:
    value = " ".join(value.split())
    if len(value) > most or not value.isprintable():
        raise InvalidInput(_("A text of the place is longer than %(most)s characters.") % {"most": most})
    return value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(_("This time zone is not known.")) from None
    return name


def today(found: Place) -> date:
    """The present day at a place."""
    return clock.now().astimezone(ZoneInfo(found.timezone)).date()


def is_active(found: Place, on: date | None = None) -> bool:
    """Whether the place counts on a day, today by default."""
    day = on or today(found)
    return (found.active_from is None or found.active_from <= day) and (
        found.active_until is None or day <= found.active_until
    )
