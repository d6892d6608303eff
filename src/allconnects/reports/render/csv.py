"""CSV in two dialects: ``excel`` opens in a Belgian Excel by double click, ``plain`` is for programs (RFC 4180).

Only lines are written, no heads and no sums: whoever reads a CSV computes. A text that a spreadsheet would take for
a formula gets an apostrophe in front (OWASP, CSV injection); numbers are ours and need none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Literal

from allconnects.kit.clock import BRUSSELS
from allconnects.kit.csv import guarded
from allconnects.reports.columns import Kind
from allconnects.reports.definition import Line
from allconnects.reports.render.document import Document
from allconnects.reports.shown import heading

Dialect = Literal["excel", "plain"]
_LINES = 500
_BOM = "\ufeff"


def write(document: Document, dialect: Dialect = "excel") -> Iterator[bytes]:
    """The file, piece by piece."""
    mark, text = (";", _excel) if dialect == "excel" else (",", _plain)
    kinds = [column.kind for column in document.columns]
    names = [heading(c) if dialect == "excel" else c.key for c in document.columns]
    pieces = [(_BOM if dialect == "excel" else "") + mark.join(_quoted(name, mark) for name in names)]
    for item in document.items:
        if not isinstance(item, Line):
            continue
        cells = (_cell(kind, value, text, mark) for kind, value in zip(kinds, item.values, strict=True))
        pieces.append(mark.join(cells))
        if len(pieces) >= _LINES:
            yield _joined(pieces)
            pieces = []
    yield _joined(pieces)


def _joined(pieces: list[str]) -> bytes:
    return "".join(f"{piece}\r\n" for piece in pieces).encode()


def _cell(kind: Kind, value: Any, text: Callable[[Kind, Any], str], mark: str) -> str:
    if value is None:
        return ""
    if kind == "text":
        return _quoted(guarded(str(value)), mark)
    return text(kind, value)


def _quoted(text: str, mark: str) -> str:
    if any(sign in text for sign in (mark, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def _plain(kind: Kind, value: Any) -> str:
    """ISO 8601 with the zone for instants; numbers with a point, in the unit that the column's name says."""
    if kind in ("time", "moment"):
        return value.astimezone(BRUSSELS).isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
    if kind == "date":
        return str(value)
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _excel(kind: Kind, value: Any) -> str:
    """As a Belgian Excel reads numbers, dates and durations by itself: km, hours as h:mm:ss, percent."""
    if kind in ("date", "time", "moment"):
        local = value.astimezone(BRUSSELS) if isinstance(value, datetime) else value
        return f"{local:{ {'date': '%d/%m/%Y', 'time': '%H:%M:%S', 'moment': '%d/%m/%Y %H:%M:%S'}[kind] }}"
    if kind == "duration_s":
        whole = round(value)
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if kind == "distance_m":
        return f"{value / 1000:.3f}".replace(".", ",")
    if kind == "share":
        return f"{value * 100:.1f}%".replace(".", ",")
    return str(value) if isinstance(value, int) else f"{value:.2f}".replace(".", ",")
