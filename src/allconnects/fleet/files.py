"""The register from files: rows in, with a preview of every change and every error.

A row of a file is matched by the first of its keys that it fills in (number plate, chassis number, name …); a row that
matches none is new. Cells that are empty leave a field as it is; a single dash empties it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from allconnects.fleet import history
from allconnects.fleet.exporting import cell_of, fields_of, to_csv, to_xlsx
from allconnects.fleet.forms import RegisterForm
from allconnects.fleet.judging import Judge
from allconnects.fleet.kinds import Kind
from allconnects.fleet.models import Employer
from allconnects.fleet.services import many, register
from allconnects.fleet.sheets import MOST_BYTES, ROW, Rows, read, tidied
from allconnects.fleet.who import Who
from allconnects.kit.errors import InvalidInput

EMPTY = "-"
HEARD_EVERY: Final = 250
__all__ = ["MOST_BYTES", "Moved", "Preview", "apply", "fields_of", "preview", "read", "to_csv", "to_xlsx"]


Heard = Callable[[int], None]


def unheard(_done: int) -> None:
    """Where nobody waits to hear how far it is."""


@dataclass(slots=True)
class Line:
    """One row of a file: what it would do. ``changes``: (field, old, new); ``errors`` and ``notes``: in words.

    ``row``: as it would be stored, where it would do something; ``before``: what history tells of it until now.
    """

    number: int
    title: str
    key: Any = None
    data: dict[str, str] = field(default_factory=dict)
    row: Any = None
    before: dict[str, Any] = field(default_factory=dict)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def new(self) -> bool:
        """Whether it matches no row."""
        return self.key is None


@dataclass(slots=True)
class Preview:
    """What a file would do."""

    lines: list[Line]
    unknown: list[str]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are new, changed, the same and wrong."""
        good = [line for line in self.lines if not line.errors]
        return {
            "new": sum(line.new for line in good), "changed": sum(bool(not ln.new and ln.changes) for ln in good),
            "same": sum(not ln.new and not ln.changes for ln in good), "wrong": len(self.lines) - len(good),
        }  # fmt: skip

    @property
    def mark(self) -> str:
        """Names what would be done: another preview with the same mark does the same."""
        told = [[line.number, "" if line.new else str(line.key), line.changes, line.errors] for line in self.lines]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


class _Register:
    """What is there already, and what the rows before have said: what each row is looked at against."""

    def __init__(self, who: Who, kind: Kind) -> None:
        self.kind = kind
        self.judge = Judge(who, kind)
        self.employers = {e.name.lower(): e.pk for e in Employer.objects.filter(archived_at=None)}
        self.by_key = _by_key(kind, kind.objects.filter(archived_at=None))
        self.put_away = _by_key(kind, kind.objects.exclude(archived_at=None))
        self.stripped = _without_zeros(self.by_key)
        self.unique = register.unique_fields(kind.name)
        self.seen: dict[Any, int] = {}

    def before(self, mark: Any, number: int) -> int | None:
        """The row that said the same before, if any did."""
        return None if (first := self.seen.setdefault(mark, number)) == number else first


def preview(who: Who, kind: Kind, rows: Rows, heard: Heard = unheard) -> Preview:
    """What the rows would do, each looked at as if it stood alone, and against the others.

    A fixed number of questions to the database. ``heard``: is told now and then how many rows were looked at.
    """
    known = set(fields_of(kind))
    unknown = sorted({name for row in rows for name in row} - known - {ROW})
    there = _Register(who, kind)
    lines = []
    for number, row in enumerate(rows, 2):
        lines.append(_line(there, int(row.get(ROW, number)), {name: row[name] for name in row if name in known}))
        if len(lines) % HEARD_EVERY == 0:
            heard(len(lines))
    return Preview(lines, unknown)


Keys = dict[tuple[tuple[str, ...], tuple[str, ...]], list[Any]]


def _by_key(kind: Kind, present: Any) -> Keys:
    found: Keys = {}
    for row in present:
        for names in kind.keys:
            values = tuple(str(getattr(row, name)).lower() for name in names)
            if all(values):
                found.setdefault((names, values), []).append(row)
    return found


def _without_zeros(by_key: Keys) -> dict[tuple[str, str], str]:
    """Numbers that begin with a zero, by field and what a spreadsheet leaves of them."""
    single = ((names[0], values[0]) for names, values in by_key if len(names) == 1)
    return {(name, value.lstrip("0")): value for name, value in single if value.isdigit() and value[0] == "0"}


def _line(there: _Register, number: int, given: dict[str, str]) -> Line:
    kind = there.kind
    line = Line(number, " ".join(given.get(name, "") for name in kind.keys[-1]).strip())
    line.data = data = _tidied(kind, line, given)
    if data.get("employer"):
        key = there.employers.get(data["employer"].lower())
        if key is None:
            line.errors.append(_("There is no employer called “%(name)s”.") % {"name": data["employer"]})
            return line
        data["employer"] = str(key)
    matched = _matched(kind, data, there.by_key)
    if len(matched) > 1:
        line.errors.append(_("Several rows match this one. Fill in a number that tells them apart."))
    _look_for_lost_zeros(there, line)
    if line.errors:
        return line
    row = matched[0] if matched else None
    line.key = row.pk if row else None
    if row is not None:
        line.data = {
            name: value for name, value in data.items() if as_text(cell_of(row, name)) not in (given[name], value)
        }
    _compare(there, line, row)
    _judge(there, line, row)
    return line


def as_text(value: Any) -> str:
    """A cell of an export as it is read in again."""
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value).strip()


def _tidied(kind: Kind, line: Line, given: Mapping[str, str]) -> dict[str, str]:
    """The cells that are filled in, as the form reads them."""
    data: dict[str, str] = {}
    for name, value in given.items():
        if value:
            try:
                data[name] = "" if value == EMPTY else tidied(kind, name, value)
            except InvalidInput as error:
                line.errors.append(f"{kind.form.base_fields[name].label}: {error.message}")
    return data


def _look_for_lost_zeros(there: _Register, line: Line) -> None:
    for names in there.kind.keys:
        value = line.data.get(names[0], "").lower()
        lost = there.stripped.get((names[0], value))
        if len(names) == 1 and lost and (names, (value,)) not in there.by_key:
            told = {"field": there.kind.form.base_fields[names[0]].label, "known": lost}
            line.errors.append(
                _("%(field)s: the register has “%(known)s”; the spreadsheet has dropped the zeros in front. "
                  "Make the column text and enter it again.") % told
            )  # fmt: skip


def _compare(there: _Register, line: Line, row: Any) -> None:
    """Errors where a row before says the same or another one has its number; a note where one put away had it."""
    kind, marks = there.kind, []
    for name, why in there.unique.items():
        (value,) = _keyed(kind, (name,), line.data)
        if value:
            marks.append(((name,), (value,)))
            if any(other.pk != line.key for other in there.by_key.get(marks[-1], ())):
                line.errors.append(str(why))
            if row is None and marks[-1] in there.put_away:
                old = there.put_away[marks[-1]][0]
                line.notes.append(
                    _("“%(name)s” with this number was put away; this becomes a new one.") % {"name": old}
                )
    own = row.pk if row else tuple(_keyed(kind, kind.keys[-1], line.data)) or ("line", line.number)
    for mark in (own, *marks):
        before = there.before(mark, line.number)
        if before is not None:
            line.errors.append(_("Row %(number)s is about the same.") % {"number": before})
            return


def _keyed(kind: Kind, names: tuple[str, ...], data: Mapping[str, str]) -> tuple[str, ...]:
    """The values of a key as rows keep them."""
    values = []
    for name in names:
        value = data.get(name, "")
        check = kind.form.numbers.get(name)
        values.append(((check[0](value) if check and value else value) or "").lower())
    return tuple(values)


def _matched(kind: Kind, data: Mapping[str, str], by_key: Mapping[Any, list[Any]]) -> Sequence[Any]:
    for names in kind.keys:
        values = _keyed(kind, names, data)
        if all(values):
            found = by_key.get((names, values), [])
            if found or (len(names) == 1 and names != kind.keys[-1] and not _later(kind, names, data)):
                return found
    return []


def _later(kind: Kind, names: tuple[str, ...], data: Mapping[str, str]) -> bool:
    """Whether a further key is filled in."""
    rest = kind.keys[kind.keys.index(names) + 1 :]
    return any(all(data.get(name) for name in one) for one in rest)


def _judge(there: _Register, line: Line, row: Any) -> None:
    if row is not None and not line.data:
        return
    before = history.values(row) if row is not None else {}
    form = there.judge.form(row, line.data)
    if not form.is_valid():
        line.errors += [_named(form, name, [str(why) for why in found]) for name, found in form.errors.items()]
        return
    if row is not None and not form.has_changed():
        return
    line.row, line.before = form.save(commit=False), before
    hidden = {"archived_at", "odometer_at", "hours_at"}
    line.changes = [one for one in history.differences(before, history.values(line.row)) if one[0] not in hidden]


def _named(form: RegisterForm, name: str, found: list[str]) -> str:
    """Errors of a field behind its label; those of the whole row stand alone."""
    return f"{form.fields[name].label}: {' '.join(found)}" if name in form.fields else " ".join(found)


class Moved(InvalidInput):
    """The register is no longer what the preview was made from."""

    code = "moved"


def one_at_a_time(organisation: int) -> None:
    """Wait until no other import of the organisation is being carried out; until this transaction ends none is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('fleet.import'), %s)", (organisation,))


def apply(who: Who, kind: Kind, rows: Rows, mark: str = "", heard: Heard = unheard) -> dict[str, int]:
    """Do what the preview of these rows says, all or nothing; in an organisation one import at a time.

    ``mark``: of the preview that was shown. Raises Moved when it would say something else by now, InvalidInput when
    any row is wrong by now.
    """
    with transaction.atomic():
        one_at_a_time(who.organisation.pk)
        found = preview(who, kind, rows, heard)
        if mark and mark != found.mark:
            raise Moved(_("The register has changed since this preview. Nothing was done yet: look at it again."))
        if found.counts["wrong"]:
            raise InvalidInput(_("Some rows are wrong. Nothing was changed."))
        acting = [line for line in found.lines if line.row is not None and (line.new or line.changes)]
        many.store(
            who, [line.row for line in acting if line.new], [(line.before, line.row) for line in acting if not line.new]
        )
    return found.counts
