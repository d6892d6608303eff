"""Devices in lists: by name, found by words, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from allconnects.kit import clock, paging
from allconnects.kit.words import holds_all, words_of
from allconnects.telemetry.live.snapshot import SHOWN, known
from allconnects.telemetry.live.state import Edges, State
from allconnects.telemetry.models import Device

_ROWS = f"""
    SELECT d.id, d.name, d.kind, d.identifier, d.protocol, d.created_at, d.secret_hash <> '',
           l.report_at, CASE WHEN {SHOWN} THEN l.fix_time END, CASE WHEN {SHOWN} THEN l.speed_kmh END
    FROM telemetry_device d
    LEFT JOIN telemetry_live l ON l.organisation_id = d.organisation_id AND l.device_id = d.id
    WHERE (%(device)s::integer IS NULL OR d.id = %(device)s)
      AND (%(after)s::integer IS NULL OR (lower(d.name), d.id) > (
          SELECT lower(a.name), a.id FROM telemetry_device a WHERE a.id = %(after)s))
      AND {holds_all("d.name || ' ' || d.identifier")}
    ORDER BY lower(d.name), d.id LIMIT %(limit)s"""
_ALL: dict[str, Any] = {"device": None, "after": None, "words": [], "limit": None}


@dataclass(frozen=True, slots=True)
class DeviceSummary:
    """A device in a list."""

    id: int
    name: str
    kind: str
    identifier: str
    protocol: str
    created_at: datetime
    has_secret: bool
    last_report: datetime | None
    state: State


def list_devices(text: str = "", cursor: str = "", limit: int | None = None) -> tuple[Sequence[DeviceSummary], str]:
    """Devices by name in which every word of the text stands, at most ``limit``, and the cursor of the next page.

    Without a limit all of them. A cursor is an id, not a name: it stands in addresses. Raises InvalidInput for one
    that is none, and when its device is gone.
    """
    after = paging.number_of(cursor) if cursor else None
    found = _rows(after=after, words=words_of(text), limit=None if limit is None else limit + 1)
    if after is not None and not found and not Device.objects.filter(pk=after).exists():
        raise paging.gone()
    rows, following = paging.cut(found, limit, lambda row: paging.cursor_of(row[0]))
    edges = Edges.at(clock.now())
    return [_summary(row, edges) for row in rows], following


def count_devices() -> int:
    """How many devices there are."""
    return Device.objects.count()


def one_device(device: int) -> DeviceSummary | None:
    """One of them, or None."""
    rows = _rows(device=device)
    return _summary(rows[0], Edges.at(clock.now())) if rows else None


def _rows(**given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, _ALL | given)
        return list(cursor.fetchall())


def _summary(row: tuple[Any, ...], edges: Edges) -> DeviceSummary:
    device, name, kind, identifier, protocol, created_at, has_secret, report_at, fix_time, speed = row
    state = edges.state(report_at, fix_time, known(speed))
    return DeviceSummary(device, name, kind, identifier, protocol, created_at, has_secret, report_at, state)
