"""Columns of reports: what a cell holds, in which unit, how wide it is and how it adds up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.functional import Promise

Kind = Literal[
    "text", "date", "time", "moment", "duration_s", "distance_m", "count", "share", "speed_kmh", "litres", "kg", "rate"
]  # fmt: skip
"""What a cell holds, as Python: text str; date a Brussels date; time and moment UTC instants, shown in Brussels,
without and with their day; duration in seconds; distance in metres; count int; share 0 to 1; others float.
None is unknown, and shown empty."""
Adding = Literal["", "sum", "max", "min", "ratio"]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``ratio``: keys of the columns whose sums are divided, times ``scale``, for ``adding="ratio"``.

    ``width``: characters. ``hidden_on_page``: only in files, for those who compute further.
    """

    key: str
    title: str | Promise
    kind: Kind = "text"
    width: int = 12
    adding: Adding = ""
    ratio: tuple[str, str] | None = None
    scale: float = 1.0
    in_files_only: bool = False

    @property
    def numeric(self) -> bool:
        """Whether cells stand at the right."""
        return self.kind not in ("text", "date", "time", "moment")


@dataclass(slots=True)
class Totals:
    """Adds up rows of some columns, in constant memory."""

    columns: Sequence[Column]
    lines: int = 0
    _cells: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cells = [None] * len(self.columns)
        self._adding = [(place, column.adding) for place, column in enumerate(self.columns) if _adds(column)]

    _adding: list[tuple[int, str]] = field(default_factory=list, init=False)

    def add(self, row: Row) -> None:
        """Take one row in; unknown cells count for nothing."""
        self.lines += 1
        cells = self._cells
        for place, adding in self._adding:
            value = row[place]
            if value is None:
                continue
            before = cells[place]
            if before is None:
                cells[place] = value
            elif adding == "sum":
                cells[place] = before + value
            else:
                cells[place] = max(before, value) if adding == "max" else min(before, value)

    def values(self) -> Row:
        """One cell for each column; None where the column does not add up."""
        found = list(self._cells)
        for place, column in enumerate(self.columns):
            if column.adding == "ratio" and column.ratio is not None:
                found[place] = self._ratio(column, column.ratio)
        return tuple(found)

    def _ratio(self, column: Column, parts: tuple[str, str]) -> float | None:
        above, below = (self._cells[place_of(self.columns, key)] for key in parts)
        return float(above) / float(below) * column.scale if above is not None and below else None


def _adds(column: Column) -> bool:
    return column.adding in ("sum", "max", "min")


def place_of(columns: Iterable[Column], key: str) -> int:
    """Where the column with that key stands. Raises KeyError."""
    for place, column in enumerate(columns):
        if column.key == key:
            return place
    raise KeyError(key)
