"""The register as files: rows out as CSV and XLSX, rows in with a preview of every change and every error.

A row of a file is matched by the first of its keys that it fills in (number plate, chassis number, name …); a row that
matches none is new. Cells that are empty leave a field as it is; a single dash empties it.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import openpyxl
import xlsxwriter
from django.db import transaction
from django.utils.translation import gettext as _

from allconnects.fleet import history
from allconnects.fleet.forms import RegisterForm, initial_of
from allconnects.fleet.kinds import Kind
from allconnects.fleet.models import Employer
from allconnects.fleet.services import register
from allconnects.fleet.who import Who
from allconnects.kit.errors import AllconnectsError, InvalidInput

MOST_BYTES = 5_000_000
MOST_UNPACKED = 100_000_000
"""A small file may unpack to a large one, on purpose or not."""
MOST_ROWS = 10_000
EMPTY = "-"
LEFT_OUT = frozenset({"account"})
"""Fields that are in no file."""


@dataclass(slots=True)
class Line:
    """One row of a file: what it would do. ``changes``: (field, old, new); ``errors``: in words."""

    number: int
    title: str
    key: Any = None
    data: dict[str, str] = field(default_factory=dict)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

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


def fields_of(kind: Kind) -> list[str]:
    """Columns of a file, in order."""
    return [name for name in kind.form(Who(None)).fields if name not in LEFT_OUT]  # type: ignore[arg-type]


def cells(kind: Kind, row: Any) -> list[Any]:
    """A row as it stands in a file; what is read in again changes nothing."""
    return [_cell(row, name) for name in fields_of(kind)]


def _cell(row: Any, name: str) -> Any:
    if name == "odometer_km":
        return None if row.odometer_m is None else row.odometer_m / 1000
    value = getattr(row, name)
    if isinstance(value, list):
        return ", ".join(value)
    return value.name if name == "employer" and value is not None else value


def to_csv(kind: Kind, rows: Any) -> Iterator[str]:
    """A CSV with semicolons, as spreadsheets in Belgium open it, in pieces."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    yield "\ufeff"
    writer.writerow(fields_of(kind))
    for row in rows:
        writer.writerow([_harmless(value) for value in cells(kind, row)])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+@\t\r" and value[:1] else value


def to_xlsx(kind: Kind, rows: Any) -> bytes:
    """An XLSX with a heading that stays, filters, and choices offered in their columns."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet(str(kind.plural)[:31])
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    names, count = fields_of(kind), 0
    sheet.write_row(0, 0, names, bold)
    for count, row in enumerate(rows, 1):
        for column, value in enumerate(cells(kind, row)):
            if isinstance(value, date):
                sheet.write_datetime(count, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
            elif value is not None:
                sheet.write(count, column, value)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(count, 1), len(names) - 1)
    for column, name in enumerate(names):
        sheet.set_column(column, column, 18)
        choices = [str(value) for value, _label in getattr(kind.form.base_fields[name], "choices", ()) if value]
        if choices and len(",".join(choices)) < 250:
            offered = {"validate": "list", "source": choices, "error_type": "warning"}
            sheet.data_validation(1, column, 5000, column, offered)
    book.close()
    return out.getvalue()


def read(data: bytes) -> list[dict[str, str]]:
    """The rows of a file by heading. Raises InvalidInput for what is no table, too large or empty."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(_("The file is larger than 5 MB."))
    rows = _xlsx(data) if data[:4] == b"PK\x03\x04" else _csv(data)
    head = [str(cell or "").strip().lower() for cell in next(rows, [])]
    if not any(head):
        raise InvalidInput(_("The file is empty, or its first row holds no headings."))
    if doubled := {cell for cell in head if cell and head.count(cell) > 1}:
        raise InvalidInput(_("A heading occurs twice: %(names)s.") % {"names": ", ".join(sorted(doubled))})
    found = []
    for row in rows:
        texts = [_text(cell) for cell in row]
        if any(texts):
            found.append({key: value for key, value in zip(head, texts, strict=False) if key})
        if len(found) > MOST_ROWS:
            raise InvalidInput(_("The file has more than 10,000 rows."))
    if not found:
        raise InvalidInput(_("The file has headings and no rows."))
    return found


def _xlsx(data: bytes) -> Iterator[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise InvalidInput(_("The file is larger than 5 MB."))
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(max_col=200, max_row=MOST_ROWS + 2, values_only=True):
            yield list(row)
    except (InvalidInput, MemoryError):
        raise
    except Exception:  # openpyxl raises whatever the zip and XML inside lead to
        raise InvalidInput(_("This file cannot be read as XLSX.")) from None


def _csv(data: bytes) -> Iterator[list[Any]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InvalidInput(_("This file cannot be read as CSV."))
    first = text.partition("\n")[0]
    mark = max(";,\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text), delimiter=mark, strict=True)
    except csv.Error:
        raise InvalidInput(_("This file cannot be read as CSV.")) from None


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute) else cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = str(cell).strip()
    return text[1:] if text[:2] in ("'=", "'+", "'@") else text


def preview(who: Who, kind: Kind, rows: list[dict[str, str]]) -> Preview:
    """What the rows would do, each looked at as if it stood alone, and against the others."""
    known = set(fields_of(kind))
    unknown = sorted({name for row in rows for name in row} - known)
    present = list(kind.objects.filter(archived_at=None))
    by_key = _by_key(kind, present)
    employers = {e.name.lower(): e.pk for e in Employer.objects.filter(archived_at=None)}
    seen: dict[Any, int] = {}
    lines = [
        _line(who, kind, number, {k: v for k, v in row.items() if k in known}, by_key, employers, seen)
        for number, row in enumerate(rows, 2)
    ]
    return Preview(lines, unknown)


def _by_key(kind: Kind, present: list[Any]) -> dict[tuple[tuple[str, ...], tuple[str, ...]], list[Any]]:
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Any]] = {}
    for row in present:
        for names in kind.keys:
            values = tuple(str(getattr(row, name)).lower() for name in names)
            if all(values):
                found.setdefault((names, values), []).append(row)
    return found


def _line(
    who: Who, kind: Kind, number: int, given: dict[str, str], by_key: Mapping[Any, list[Any]],
    employers: Mapping[str, int], seen: dict[Any, int],
) -> Line:  # fmt: skip
    data = {name: "" if value == EMPTY else value for name, value in given.items() if value}
    line = Line(number, " ".join(data.get(name, "") for name in kind.keys[-1]).strip(), data=data)
    if data.get("employer"):
        key = employers.get(data["employer"].lower())
        if key is None:
            line.errors.append(_("There is no employer called “%(name)s”.") % {"name": data["employer"]})
            return line
        data["employer"] = str(key)
    matched = _matched(kind, data, by_key)
    if len(matched) > 1:
        line.errors.append(_("Several rows match this one. Fill in a number that tells them apart."))
        return line
    row = matched[0] if matched else None
    line.key = row.pk if row else None
    mark = row.pk if row else tuple(_keyed(kind, kind.keys[-1], data)) or ("line", number)
    if mark in seen:
        line.errors.append(_("Row %(number)s is about the same.") % {"number": seen[mark]})
    seen.setdefault(mark, number)
    _judge(who, kind, line, row)
    return line


def _keyed(kind: Kind, names: tuple[str, ...], data: Mapping[str, str]) -> tuple[str, ...]:
    """The values of a key as rows keep them."""
    values = []
    for name in names:
        value = data.get(name, "")
        check = kind.form.numbers.get(name)
        values.append(((check[0](value) if check and value else value) or "").lower())
    return tuple(values)


def _matched(kind: Kind, data: Mapping[str, str], by_key: Mapping[Any, list[Any]]) -> list[Any]:
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


def _judge(who: Who, kind: Kind, line: Line, row: Any) -> None:
    form = kind.form(who, {**initial_of(row or kind.model(), kind.form, who), **line.data}, instance=row)
    before = history.values(kind.model._default_manager.get(pk=row.pk)) if row and form.has_changed() else {}
    if not form.is_valid():
        line.errors += [_named(form, name, [str(why) for why in found]) for name, found in form.errors.items()]
        return
    if row is not None and not form.has_changed():
        return
    saved = form.save(commit=False)
    hidden = {"archived_at", "odometer_at", "hours_at"}
    line.changes = [one for one in history.differences(before, history.values(saved)) if one[0] not in hidden]


def _named(form: RegisterForm, name: str, found: list[str]) -> str:
    """Errors of a field behind its label; those of the whole row stand alone."""
    return f"{form.fields[name].label}: {' '.join(found)}" if name in form.fields else " ".join(found)


def apply(who: Who, kind: Kind, rows: list[dict[str, str]]) -> dict[str, int]:
    """Do what the preview of these rows says, all or nothing. Raises InvalidInput when any row is wrong by now."""
    found = preview(who, kind, rows)
    if found.counts["wrong"]:
        raise InvalidInput(_("Some rows are wrong. Nothing was changed."))
    with transaction.atomic():
        for line in found.lines:
            try:
                if line.new:
                    register.create(who, kind, line.data)
                elif line.changes:
                    register.change(who, kind, line.key, line.data)
            except AllconnectsError as error:
                why = {"number": line.number, "why": error.message}
                raise InvalidInput(_("Row %(number)s: %(why)s Nothing was changed.") % why) from None
    return found.counts
