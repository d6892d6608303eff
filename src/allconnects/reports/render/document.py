"""What every renderer is given: a head, columns and a stream of items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from allconnects.reports.columns import Column
from allconnects.reports.definition import Item


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who the paper is from. ``logo``: a PNG or JPEG; ``lines``: address and whatever else stands below the name."""

    name: str
    lines: tuple[str, ...] = ()
    vat: str = ""
    logo: bytes = b""
    logo_type: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A report that has been asked, ready to be written. ``items`` can be read once.

    ``about``: pairs of a word and a text, such as the period and the purpose; ``notes``: whole sentences.
    """

    title: str
    columns: Sequence[Column]
    items: Iterable[Item]
    letterhead: Letterhead
    made_at: datetime
    language: str
    about: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    group: str = ""
    name: str = "report"
    sections: bool = field(default=False)
