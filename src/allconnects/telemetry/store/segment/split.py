"""Attribute blobs to layouts and columns, and back to the same bytes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from allconnects.telemetry.store import blob as blobs_of
from allconnects.telemetry.store.rows import I64, U8
from allconnects.telemetry.store.segment.layouts import (
    Json,
    Key,
    Layout,
    Raw,
    Teltonika,
    of_record,
    template,
)

MOST_LAYOUTS = 64
"""Of each kind; what has another one is kept whole, so that time stays linear whatever is sent."""

_AT_ONCE = 1 << 12
_RAW = Key("raw", "", "bytes")
_TAIL = Key("T", "tail", "bytes")
_json = msgspec.json.Encoder(order="sorted").encode


@dataclass(slots=True)
class Split:
    """n blobs taken apart. ``number``: int64 (n,), the layout of each. ``values``: of each layout, its columns."""

    number: I64
    layouts: list[Layout] = field(default_factory=list)
    rows: list[I64] = field(default_factory=list)
    values: list[dict[Key, Any]] = field(default_factory=list)

    def add(self, layout: Layout, rows: I64, values: dict[Key, Any]) -> None:
        """``rows`` have ``layout`` and these ``values``."""
        self.number[rows] = len(self.layouts)
        self.layouts.append(layout)
        self.rows.append(rows)
        self.values.append(values)


def split(blobs: U8 | list[bytes]) -> Split:
    """Take blobs apart; what cannot be rebuilt byte for byte stays whole."""
    found = Split(np.zeros(len(blobs), np.int64))
    whole: list[int] = []
    texts: list[int] = []
    if isinstance(blobs, np.ndarray) and len(blobs) and bytes(blobs[0, :1]) == b"T" and (blobs[:, 0] == 84).all():
        _records(found, blobs, np.arange(len(blobs)), whole)
    else:
        lines = blobs if isinstance(blobs, list) else [row.tobytes() for row in blobs]
        shapes: dict[tuple[int, bytes], list[int]] = defaultdict(list)
        for row, line in enumerate(lines):
            if line[:1] == b"T":
                shapes[len(line), line[1:2]].append(row)
            else:
                (texts if line[:1] == b"J" else whole).append(row)
        for (width, _), rows in shapes.items():
            stack = np.frombuffer(b"".join([lines[row] for row in rows]), np.uint8).reshape(len(rows), width)
            _records(found, stack, np.array(rows), whole)
        _objects(found, lines, texts, whole)
    if whole:
        whole.sort()
        found.add(Raw(), np.array(whole, np.int64), {_RAW: [bytes(blobs[row]) for row in whole]})
    return found


def _records(found: Split, stack: U8, rows: I64, whole: list[int]) -> None:
    """Records of one length: those that share the first one's fixed bytes are one layout, and so on."""
    while len(rows):
        known = of_record(stack[0].tobytes()) if len(found.layouts) < MOST_LAYOUTS else None
        if known is None:
            rest = rows if len(found.layouts) >= MOST_LAYOUTS else rows[:1]
            whole.extend(rest.tolist())
            stack, rows = stack[len(rest) :], rows[len(rest) :]
            continue
        layout, tail = known
        fixed, places = template(layout)
        same = _matches(stack, fixed, places)
        chosen = stack[same]
        values: dict[Key, Any] = {key: _unsigned(chosen, at, width) for key, at, width in places}
        if _TAIL in layout.columns():
            values[_TAIL] = [line.tobytes() for line in chosen[:, tail:]]
        found.add(layout, rows[same], values)
        stack, rows = stack[~same], rows[~same]


def _matches(stack: U8, fixed: U8, places: list[tuple[Key, int, int]]) -> Any:
    structure = np.ones(len(fixed), bool)
    for _, at, width in places:
        structure[at : at + width] = False
    index = np.flatnonzero(structure)
    return (stack[:, index] == fixed[index]).all(axis=1)


def _unsigned(stack: U8, at: int, width: int) -> Any:
    values = np.ascontiguousarray(stack[:, at : at + width]).view(f">u{width}")[:, 0]
    return values.astype(f"u{width}")


def _objects(found: Split, lines: list[bytes], rows: list[int], whole: list[int]) -> None:
    groups: dict[Json, list[tuple[int, list[Any]]]] = {}
    for row in rows:
        parts = _object(lines[row])
        if parts is None or (parts[0] not in groups and len(groups) >= MOST_LAYOUTS):
            whole.append(row)
        else:
            groups.setdefault(parts[0], []).append((row, parts[1]))
    for layout, members in groups.items():
        columns = zip(*(values for _, values in members), strict=True)
        found.add(
            layout,
            np.array([row for row, _ in members]),
            {key: _typed(key, list(column)) for key, column in zip(layout.columns(), columns, strict=True)},
        )


def _object(line: bytes) -> tuple[Json, list[Any]] | None:
    """Layout and values of one ``J`` blob; None when encoding it again would give other bytes."""
    try:
        attributes = blobs_of.decode(line)
        if blobs_of.encode(attributes) != line:
            return None
    except (ValueError, RecursionError, UnicodeError):
        return None
    names = sorted(attributes)
    forms = "".join(_form(attributes[name]) for name in names)
    values = [
        _json(attributes[name]) if form == "r" else attributes[name]
        for name, form in zip(names, forms, strict=True)
        if form != "n"
    ]
    return Json(tuple(names), forms), values


def _form(value: Any) -> str:
    if isinstance(value, bool):
        return "b"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return "i"
    return {float: "f", str: "s", type(None): "n"}.get(type(value), "r")


_TYPES = {"i": np.int64, "f": np.float64, "b": np.uint8}


def _typed(key: Key, values: list[Any]) -> Any:
    if key.form in _TYPES:
        return np.array(values, _TYPES[key.form])
    return [value.encode() for value in values] if key.form == "s" else values


def records_of(layout: Teltonika, n: int, values: dict[Key, Any]) -> U8 | list[bytes]:
    """n blobs of one layout again; uint8 (n, width) where all are equally long."""
    fixed, places = template(layout)
    stack = np.empty((n, len(fixed)), np.uint8)
    stack[:] = fixed
    for key, at, width in places:
        stack[:, at : at + width] = values[key].astype(f">u{width}").view(np.uint8).reshape(n, width)
    tails = values.get(_TAIL)
    if tails is None:
        return stack
    if len({len(tail) for tail in tails}) <= 1:
        ends = np.frombuffer(b"".join(tails), np.uint8).reshape(n, -1) if n else np.empty((0, 0), np.uint8)
        return np.concatenate((stack, ends), axis=1)
    return [head.tobytes() + tail for head, tail in zip(stack, tails, strict=True)]


def objects_of(layout: Json, n: int, values: dict[Key, Any]) -> list[bytes]:
    """n blobs of one layout again. Some thousands at a time: a number as an object takes four times its bytes."""
    out: list[bytes] = []
    for at in range(0, n, _AT_ONCE):
        count = min(n - at, _AT_ONCE)
        columns = []
        for name, form in zip(layout.names, layout.forms, strict=True):
            column = values.get(Key("J", name, form))
            columns.append([None] * count if column is None else _plain(form, column[at : at + count]))
        rows = zip(*columns, strict=True) if columns else iter([()] * count)
        out += [blobs_of.encode(dict(zip(layout.names, row, strict=True))) for row in rows]
    return out


def _plain(form: str, column: Any) -> list[Any]:
    if form == "s":
        return [value.decode() for value in column]
    if form == "r":
        return [msgspec.Raw(value) for value in column]
    return [bool(value) for value in column] if form == "b" else list(column.tolist())
