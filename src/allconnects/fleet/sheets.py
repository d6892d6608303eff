"""Tables that people send: XLSX and CSV as their spreadsheets make them, with what goes wrong in them on the way.

Separators, encodings, a title above the headings, headings in any of our languages, dates with the day first, decimal
commas, numbers that lost their zeros: what has one meaning is understood, all else is an error that says what to do.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

from django import forms
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.accounts.models import LANGUAGES
from allconnects.fleet.kinds import KINDS, Kind
from allconnects.kit.csv import unguarded
from allconnects.kit.errors import InvalidInput

MOST_BYTES = 5_000_000
MOST_UNPACKED = 100_000_000
"""A small file may unpack to a large one, on purpose or not."""
MOST_ROWS = 10_000
ROW: Final = ""
"""Under this heading stands the number of the row in the file."""
_HEADINGS_WITHIN: Final = 10
_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#N/B", "#VERW!", "#WAARDE!", "#NAAM?",
     "#DEEL/0!", "#VALEUR!", "#NOM?", "#NV", "#BEZUG!", "#WERT!"}
)  # fmt: skip
_SHORTENED: Final = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})")
_THOUSANDS: Final = re.compile(r"-?\d{1,3}(\.\d{3})+,\d+|-?\d{1,3}(\.\d{3}){2,}")
_SPACES: Final = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3})")
_DAY_ZERO: Final = date(1899, 12, 30)
"""What spreadsheets count days from."""

Rows = list[dict[str, str]]


def read(data: bytes, kind: Kind | None = None) -> Rows:
    """The rows of a file by heading, each with its number under ``ROW``. With a kind, headings that mean one of its
    fields in any language become its name, and a title above them is passed over.

    Raises InvalidInput for what is no table, too large or empty.
    """
    if len(data) > MOST_BYTES:
        raise InvalidInput(_("The file is larger than 5 MB."))
    rows = _xlsx(data) if data[:4] == b"PK\x03\x04" else _csv(data)
    names = headings(kind) if kind else {}
    head = _head(rows, names)
    if doubled := {cell for cell in head if cell and head.count(cell) > 1}:
        raise InvalidInput(_("A heading occurs twice: %(names)s.") % {"names": ", ".join(sorted(doubled))})
    found: Rows = []
    for number, row in rows:
        texts = [_text(cell) for cell in row]
        if any(texts):
            found.append({ROW: str(number)} | {key: value for key, value in zip(head, texts, strict=False) if key})
        if len(found) > MOST_ROWS:
            raise InvalidInput(_("The file has more than 10,000 rows."))
    if not found:
        raise InvalidInput(_("The file has headings and no rows."))
    return found


def _head(rows: Iterator[tuple[int, list[Any]]], names: dict[str, str]) -> list[str]:
    """The row of headings: the first of the first ten in which one is known."""
    looked: list[list[str]] = []
    for _number, row in rows:
        cells = [" ".join(_text(cell).lower().split()) for cell in row]
        if any(cells):
            looked.append(cells)
            if not names or any(cell in names for cell in cells):
                return [names.get(cell, cell) for cell in cells]
        if len(looked) == _HEADINGS_WITHIN:
            break
    if not looked:
        raise InvalidInput(_("The file is empty, or its first row holds no headings."))
    seen = {"names": ", ".join(cell for cell in looked[0] if cell)[:200]}
    raise InvalidInput(_("None of the headings is known: %(names)s. Take those of a download of the list.") % seen)


def headings(kind: Kind) -> dict[str, str]:
    """What a heading may be called: the field's name, and its label in every language."""
    return _headings(kind.name)


@cache
def _headings(kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    fields = KINDS[kind].form.base_fields
    for language, _name in LANGUAGES:
        with translation.override(language):
            for name, field in fields.items():
                found.setdefault(str(field.label or "").lower(), name)
    for name in fields:
        found |= {name: name, name.replace("_", " "): name}
    return found


@cache
def _choices(kind: str, name: str) -> dict[str, str]:
    """The values of a field by what they are called in every language."""
    field: Any = KINDS[kind].form.base_fields[name]
    if not hasattr(field, "choices") or hasattr(field, "queryset"):
        return {}
    found: dict[str, str] = {}
    for language, _name in LANGUAGES:
        with translation.override(language):
            found |= {str(label).lower(): str(value) for value, label in field.choices if value}
    return found | {str(value).lower(): str(value) for value, _label in field.choices if value}


def tidied(kind: Kind, name: str, text: str) -> str:
    """A cell as the form of the kind reads it. Raises InvalidInput for what a spreadsheet has spoilt."""
    field = kind.form.base_fields[name]
    if text.upper() in _ERRORS:
        raise InvalidInput(_("the cell holds an error of the spreadsheet (%(text)s).") % {"text": text})
    if isinstance(field, forms.DateField):
        return _day(text)
    if isinstance(field, forms.IntegerField):  # decimal and float fields are such as well
        return _number(text)
    if known := _choices(kind.name, name):
        return known.get(text.lower(), text)
    if _SHORTENED.fullmatch(text):
        raise InvalidInput(_("the spreadsheet has shortened this number: make the column text and enter it again."))
    return text


def _day(text: str) -> str:
    """A date with the day first as people here write it, or the day number of a spreadsheet, as ISO."""
    text = text.partition("T")[0].removesuffix(" 00:00:00").removesuffix(" 00:00")
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
        return f"{year + (2000 if year < 100 else 0):04d}-{month:02d}-{day:02d}"
    if re.fullmatch(r"[2-7]\d{4}", text):
        return (_DAY_ZERO + timedelta(days=int(text))).isoformat()
    return text


def _number(text: str) -> str:
    """A number with a decimal point and nothing between its thousands; 1.234 alone may mean either and stays."""
    text = _SPACES.sub("", text)
    if _THOUSANDS.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", ".") if re.fullmatch(r"-?\d+,\d+", text) else text


def _xlsx(data: bytes) -> Iterator[tuple[int, list[Any]]]:
    import openpyxl  # only here: loading it takes longer than the rest of this room

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise InvalidInput(_("The file is larger than 5 MB."))
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_col=200, max_row=MOST_ROWS + 2 + _HEADINGS_WITHIN, values_only=True)
        for number, row in enumerate(rows, 1):
            yield number, list(row)
    except (InvalidInput, MemoryError):
        raise
    except Exception:  # openpyxl raises whatever the zip and XML inside lead to
        raise InvalidInput(_("This file cannot be read as XLSX.")) from None


def _csv(data: bytes) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(data)
    first, _mark, rest = text.partition("\n")
    skipped = 0
    if first.strip().lower() in ("sep=;", "sep=,", "sep=\t"):
        text, skipped = rest, 1
    mark = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        before = 0
        for row in reader:
            yield before + 1 + skipped, list(row)
            before = reader.line_num
    except csv.Error:
        why = {"number": reader.line_num + skipped}
        raise InvalidInput(_("This file cannot be read as CSV: look at row %(number)s.") % why) from None


def _separator(text: str) -> str:
    """What stands most often in the first ten lines."""
    lines = text.split("\n", _HEADINGS_WITHIN)[:_HEADINGS_WITHIN]
    return max(";,\t", key=lambda mark: sum(line.count(mark) for line in lines))


def _decoded(data: bytes) -> str:
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "cp1252"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(_("This file cannot be read as CSV."))


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute) else cell.isoformat()
    if isinstance(cell, float):
        # A spreadsheet keeps 15 digits: 0.1 + 0.2 is 0.3 there.
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    return unguarded(str(cell).strip())
