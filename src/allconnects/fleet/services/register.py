"""Rows of the register: found, entered, changed, put away and brought back, each change with its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from allconnects.fleet import history
from allconnects.fleet.forms import RegisterForm, initial_of
from allconnects.fleet.kinds import Kind
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.who import Who
from allconnects.kit import clock, words
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.privacy.audit import service as audit

PAGE = 50
R = TypeVar("R", bound=models.Model)

TAKEN = {
    "vehicle_plate_once": ("plate", noop("Another vehicle has this number plate.")),
    "vehicle_vin_once": ("vin", noop("Another vehicle has this chassis number.")),
    "person_number_once": ("number", noop("Somebody else has this employee number.")),
    "person_account_once": ("account", noop("This account belongs to somebody else.")),
    "employer_name_once": ("name", noop("There is an employer of this name.")),
    "team_name_once": ("name", noop("There is a team of this name.")),
}
"""Constraint to the field it concerns, and why it refuses."""


def unique_fields(kind: str) -> dict[str, str]:
    """Fields of a kind that no two rows share, and what is said when they do."""
    found = {field: why for name, (field, why) in TAKEN.items() if name == f"{kind}_{field}_once"}
    return {field: _(why) for field, why in found.items() if field != "account"}


class ChangedMeanwhile(AllconnectsError):
    """Somebody else was quicker; nothing was overwritten."""

    code = "changed_meanwhile"
    status = 412


class Refused(InvalidInput):
    """What was sent does not fit; ``errors`` by field."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(why)}" for name, why in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list. ``page`` counts from 1."""

    rows: list[Any]
    total: int
    page: int
    pages: int


def get(kind: Kind, key: object) -> Any:
    """One row. Raises NotFound."""
    try:
        found = kind.objects.filter(pk=key).first()
    except (ValueError, ValidationError):
        found = None
    if found is None:
        raise NotFound(_("There is no such thing here."))
    return found


def query(kind: Kind, q: str = "", archived: bool = False, filters: Mapping[str, str] | None = None) -> Any:
    """Rows that every word of the search stands in. Filters that the kind does not know are left aside."""
    rows = kind.objects.filter(archived_at__isnull=not archived)
    rows = words.holding(rows, words.words_of(q), kind.searched)
    for name, value in (filters or {}).items():
        if value and name == "group" and "groups" in kind.searched:
            rows = rows.filter(groups__contains=[value])
        elif value and name in kind.filters:
            rows = rows.filter(**{name: value})
    return rows


def ordered(kind: Kind, rows: Any, sort: str = "") -> Any:
    """In the wanted order (``-name`` turns it round); rows that are equal in it by their key."""
    name, down = sort.lstrip("-"), sort.startswith("-")
    columns = kind.sorts.get(name) or next(iter(kind.sorts.values()))
    first = "last_name" if kind.name == "person" else "name"
    rows = rows.annotate(lower_name=Lower(first))
    turned = [(c[1:] if c.startswith("-") else f"-{c}") if down else c for c in columns]
    return rows.order_by(*turned, "pk")


def page_of(
    kind: Kind, q: str = "", sort: str = "", page: int = 1, archived: bool = False,
    filters: Mapping[str, str] | None = None,
) -> Found:  # fmt: skip
    """A page of a list, in two questions to the database whatever its length. A page beyond the end is the last."""
    rows = query(kind, q, archived, filters)
    total = rows.count()
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    found = ordered(kind, rows, sort)[(page - 1) * PAGE : page * PAGE]
    return Found(list(found), total, page, pages)


def create(who: Who, kind: Kind, data: Mapping[str, Any], row: Any = None) -> Any:
    """Enter a row. ``row``: an unsaved one with what the form does not ask. Raises Refused."""
    row = row or kind.model()
    form = kind.form(who, {**initial_of(row, kind.form, who), **_texts(data)}, instance=row)
    return save(who, form)


def change(who: Who, kind: Kind, key: object, data: Mapping[str, Any], version: int | None = None) -> Any:
    """Change the fields that are given. Raises NotFound, Refused, ChangedMeanwhile (``version`` is not the present)."""
    row = get(kind, key)
    form = kind.form(who, {**initial_of(row, kind.form, who), **_texts(data)}, instance=row)
    return save(who, form, version)


def _texts(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in data.items()}


def save(who: Who, form: RegisterForm, version: int | None = None, about: str = "") -> Any:
    """Store what a form holds. Raises Refused, ChangedMeanwhile; then nothing is stored.

    The row may not have been changed since ``version``, or, without one, since it was read.
    """
    row = form.instance
    new = row._state.adding
    before = {} if new else history.values(type(row)._default_manager.get(pk=row.pk))
    if not form.is_valid():
        raise Refused({name: [str(why) for why in found] for name, found in form.errors.items()})
    try:
        with transaction.atomic():
            saved = form.save(commit=False)
            _store(saved, new, version)
    except IntegrityError as error:
        raise Refused(_taken(form, error)) from None
    kind = ChangeKind.MADE if new else ChangeKind.CHANGED
    history.record(who, saved, kind, before, history.values(saved), about)
    if new and getattr(form, "returns", False):
        _note_return(who, saved)
    return saved


def _note_return(who: Who, person: Any) -> None:
    """Somebody who may have been erased was entered all the same: by whom."""
    by = f"account:{who.account.pk}" if who.account else "process:register"
    with connection.cursor() as cursor:
        audit.record(cursor, who.organisation.pk, by, "person.returned", f"person:{person.pk}", {})


def _store(row: Any, new: bool, version: int | None) -> None:
    if new:
        row.save(force_insert=True)
        return
    expected = row.version if version is None else version
    guarded = type(row)._default_manager.filter(pk=row.pk, version=expected)
    if not guarded.update(version=expected + 1):
        raise ChangedMeanwhile(_("Somebody else has changed this meanwhile. Look at it again."))
    row.version = expected + 1
    row.save(force_update=True)


def _taken(form: RegisterForm, error: IntegrityError) -> dict[str, list[str]]:
    for name, (field, why) in TAKEN.items():
        if name in str(error):
            form.add_error(field if field in form.fields else None, _(why))
            return {field: [_(why)]}
    form.add_error(None, _("This cannot be entered like this."))
    return {"": [_("This cannot be entered like this.")]}


def archive(who: Who, kind: Kind, key: object, version: int | None = None) -> Any:
    """Put a row away: it is in no list any more, its past stays. Raises NotFound, ChangedMeanwhile."""
    return _put(who, get(kind, key), clock.now(), version)


def restore(who: Who, kind: Kind, key: object) -> Any:
    """Bring a row back. Raises NotFound, InvalidInput (its number is in use by now)."""
    try:
        with transaction.atomic():
            return _put(who, get(kind, key), None, None)
    except IntegrityError:
        raise InvalidInput(_("It cannot be brought back: something else has its name or number now.")) from None


def _put(who: Who, row: Any, at: Any, version: int | None) -> Any:
    if (row.archived_at is None) == (at is None):
        return row
    row.archived_at = at
    _store(row, False, version)
    history.record(who, row, ChangeKind.ARCHIVED if at else ChangeKind.RESTORED, {}, {})
    return row


def bulk(who: Who, kind: Kind, keys: Iterable[str], field: str, value: str) -> int:
    """The same change to many rows, all or none. Returns how many. Raises NotFound, Refused.

    Fields: any of the form, ``groups+`` and ``groups-`` to add or take away one group, ``archive``.
    """
    chosen = list(dict.fromkeys(keys))
    if not 0 < len(chosen) <= 1000:
        raise InvalidInput(_("Choose between one and 1,000 rows."))
    with transaction.atomic():
        for key in chosen:
            _one_of_many(who, kind, key, field, value)
    return len(chosen)


def _one_of_many(who: Who, kind: Kind, key: str, field: str, value: str) -> None:
    if field == "archive":
        archive(who, kind, key)
        return
    row = get(kind, key)
    if field in ("groups+", "groups-") and hasattr(row, "groups"):
        rest = [group for group in row.groups if group != value.strip()]
        change(who, kind, key, {"groups": [*rest, value.strip()] if field == "groups+" else rest})
    elif field in kind.form.base_fields:
        change(who, kind, key, {field: value})
    else:
        raise InvalidInput(_("This cannot be changed for many at once."))


def groups_of(kind: Kind) -> list[str]:
    """Every group that some row of the kind is in."""
    if "groups" not in kind.searched:
        return []
    rows = kind.model._default_manager.filter(archived_at=None).exclude(groups=[])
    return sorted({group for groups in rows.values_list("groups", flat=True).distinct() for group in groups})
