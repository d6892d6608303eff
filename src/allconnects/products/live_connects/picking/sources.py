"""What can be chosen: of each kind its rows, who may look for them, and what each is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Case, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Concat
from django.db.models.lookups import Contains
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account
from allconnects.fleet.models import Employer, Installation, Material, Person, Team, Vehicle
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.kit.words import EDGE, holding, plain, text_of, words_of
from allconnects.places.models import Place
from allconnects.telemetry.models import Device, Kind

MOST_LISTED: Final = 50
"""So many are a list to choose from; of more, one types what it is called."""
MOST_FOUND: Final = 20


class Option(NamedTuple):
    """A row to choose: its id as text, and what it is called."""

    key: str
    text: str


@dataclass(frozen=True)
class Source:
    """``needs``: the lowest role that may look. ``searched``: columns in which each word may stand; rows are in the
    order of ``order``. ``named``: what a row is called, with what tells it from others of that name."""

    name: str
    needs: str
    rows: Callable[[], QuerySet[Any]]
    searched: tuple[str, ...]
    order: tuple[str, ...]
    named: Callable[[Any], str]

    def find(self, text: str, most: int = MOST_FOUND) -> list[Option]:
        """Rows in which every word stands, at most so many: first what is called just so, then what begins so."""
        rows = holding(self.rows(), words_of(text[:200].replace("·", " ")), self.searched)
        near = [self._near(text)] if text.strip() else []
        return [self._option(row) for row in rows.order_by(*near, *self.order, "pk")[:most]]

    def _near(self, text: str) -> Case:
        """Of five thousand vans, “Van 5” means the fifth."""
        name = " ".join(plain(text[:200]).partition(" · ")[0].split())
        said = text_of(self.searched)
        just, begins = Contains(said, f"{EDGE}{name}{EDGE}"), Contains(said, EDGE + name)
        return Case(When(just, then=Value(0)), When(begins, then=Value(1)), default=Value(2))

    def few(self) -> list[Option] | None:
        """All of them, if they are few enough for a list; else None."""
        found = self.find("", MOST_LISTED + 1)
        return found if len(found) <= MOST_LISTED else None

    def of(self, keys: Iterable[str]) -> list[Option]:
        """Those of these ids that there are, in one question; ids of other tenants are none."""
        sound = [key for key in dict.fromkeys(keys) if self._sound(key)]
        return [self._option(row) for row in self.rows().filter(pk__in=sound).order_by(*self.order, "pk")]

    def one(self, text: str) -> str:
        """The id of the one that these words name. Raises InvalidInput where they name none or several."""
        found = self.find(text, MOST_LISTED)
        exact = [one for one in found if one.text.casefold() == text.casefold()]
        named = exact or [one for one in found if one.text.casefold().partition(" · ")[0] == text.casefold()]
        named = named or [one for one in found if plain(one.text).partition(" · ")[0] == plain(text)] or found
        if not named:
            raise InvalidInput(_("Nothing is called like that."))
        if len(named) > 1:
            raise InvalidInput(_("Several are called like that: type more of it, such as the number."))
        return named[0].key

    def _option(self, row: Any) -> Option:
        return Option(str(row.pk), self.named(row))

    def _sound(self, key: str) -> bool:
        if len(key) > 40 or (key.isdigit() and len(key) > 9):
            return False
        try:
            self.rows().model._meta.pk.to_python(key)
        except ValidationError:
            return False
        return True


def _with(name: str, more: str) -> str:
    return f"{name} · {more}" if more and more != name else name


def _present(model: Any) -> Callable[[], QuerySet[Any]]:
    return lambda: model.objects.filter(archived_at=None)


def _free() -> QuerySet[Any]:
    taken = Installation.objects.filter(during__contains=clock.now())
    return Device.objects.exclude(pk__in=taken.values("device_id"))


def _carrying() -> QuerySet[Any]:
    """Devices with what each is in: people look for the vehicle, not for its tracker."""
    inside = Installation.objects.filter(device=OuterRef("pk"), during__contains=clock.now(), person=None)
    first = inside.order_by("-main", "id").annotate(
        said=Concat(
            Coalesce("vehicle__name", "material__name"), Value(EDGE), Coalesce("vehicle__plate", Value("")),
            output_field=TextField(),
        )
    )  # fmt: skip
    return Device.objects.annotate(carrier=Coalesce(Subquery(first.values("said")[:1]), Value("", TextField())))


def _carrier(row: Any) -> str:
    name, _edge, plate = row.carrier.partition(EDGE)
    name = name or row.name
    return _with(name, plate or (row.name if row.name != name else row.identifier))


def _accounts() -> QuerySet[Any]:
    """Of the members of the organisation that is spoken for; memberships are under no row-level security."""
    here = RawSQL("current_setting('app.organisation')::integer", [])
    return Account.objects.filter(membership__organisation_id=here)


_NAME = ("name",)
_DEVICE: tuple[Any, ...] = (("name", "identifier"), _NAME, lambda row: _with(row.name, row.identifier))
VEHICLE = Source(
    "vehicle", "driver", _present(Vehicle), ("name", "plate"), _NAME, lambda row: _with(row.name, row.plate)
)
MATERIAL = Source(
    "material", "viewer", _present(Material), ("name", "serial"), _NAME, lambda row: _with(row.name, row.serial)
)
PERSON = Source(
    "person", "planner", _present(Person), ("first_name", "last_name", "number"), ("last_name", "first_name"),
    lambda row: _with(row.name, row.number),
)  # fmt: skip
TEAM = Source("team", "planner", _present(Team), _NAME, _NAME, lambda row: str(row.name))
EMPLOYER = Source(
    "employer", "planner", _present(Employer), ("name", "number"), _NAME, lambda row: _with(row.name, row.number)
)
DEVICE = Source("device", "viewer", lambda: Device.objects.all(), *_DEVICE)
FREE_DEVICE = Source("free-device", "manager", _free, *_DEVICE)
_CARRIER: tuple[Any, ...] = (("carrier", "name", "identifier"), _NAME, _carrier)
CARRIER = Source("carrier", "manager", _carrying, *_CARRIER)
SHARED = Source("shared", "planner", lambda: _carrying().exclude(kind=Kind.PHONE), *_CARRIER)
PLACE = Source(
    "place", "planner", lambda: Place.objects.only("id", "name", "number"), ("name", "number"), _NAME,
    lambda row: _with(row.name, row.number),
)  # fmt: skip
ACCOUNT = Source("account", "manager", _accounts, ("email", "name"), ("email",), lambda row: _with(row.email, row.name))
SOURCES = {
    one.name: one
    for one in (VEHICLE, MATERIAL, PERSON, TEAM, EMPLOYER, DEVICE, FREE_DEVICE, CARRIER, SHARED, PLACE, ACCOUNT)
}
