"""What the I/O part of a record says: names and values of its elements.

The structure stands in ``layout``, the names in ``io_catalogue.toml``. An element that the catalogue does not
know, or not with that length, is kept as ``io<N>``: a number, or hex where its length is variable.
"""

from __future__ import annotations

import struct

from ..base import CodecError, Value
from .beacons import beacon_attributes, tag_attributes
from .catalogue import Family, families
from .layout import CODEC_8_EXTENDED, CODEC_16, HEAD, SHAPES, record_end

__all__ = ["HEAD", "SHAPES", "attributes_from_io", "record_end"]

_ID_AND_LENGTH = struct.Struct(">HH")
# 71 (receiver status) and 85 (engine load) with one byte: longer in every device of the FMB family.
_MARKS_OF_FM = frozenset((71, 85))


def attributes_from_io(
    codec_id: int, priority: int, data: bytes | memoryview, family: str | None = None
) -> dict[str, Value]:
    """The attributes of one record, ``priority`` and ``event`` among them; satellites are not in this part.

    ``codec_id``: 8, 0x8E or 16. ``data``: from the event id to the end of the last element. ``family``: of
    the catalogue (``fmb`` or ``fm``), when known; else told by the codec (16 is spoken by FM only) and by
    elements. Raises CodecError when ``data`` is not exactly one such part.
    """
    try:
        return _attributes(codec_id, priority, bytes(data), family)
    except (IndexError, KeyError, struct.error):
        raise CodecError("not the I/O part of a record") from None


def _attributes(codec_id: int, priority: int, data: bytes, family: str | None) -> dict[str, Value]:
    event, head, size, pairs, variable = SHAPES[codec_id]
    found: dict[str, Value] = {"priority": priority, "event": int.from_bytes(data[:event], "big")}
    groups = []
    at = head
    for pair in pairs:
        count = data[at] if size == 1 else data[at] << 8 | data[at + 1]
        end = at + size + count * pair.size
        groups.append(list(pair.iter_unpack(data[at + size : end])) if count else ())
        at = end
    known = _family(codec_id, family, groups[0])
    for table, group in zip(known.fixed, groups, strict=True):
        for element, raw in group:
            meaning = table.get(element)
            if meaning is None:
                found[f"io{element}"] = raw
                continue
            name, convert = meaning
            value = raw if convert is None else convert(raw)
            if value is not None:
                found[name] = value
    if variable:
        at = _variable(data, at, known, found)
    if at != len(data):
        raise CodecError("not the I/O part of a record")
    return found


def _family(codec_id: int, family: str | None, bytes_group: list[tuple[int, int]] | tuple[()]) -> Family:
    if family is None:
        marked = any(element in _MARKS_OF_FM for element, _ in bytes_group)
        family = "fm" if marked or codec_id == CODEC_16 else "fmb"
    if family == "fmb" and codec_id == CODEC_8_EXTENDED:
        family = "ble"
    return families()[family]


def _variable(data: bytes, at: int, known: Family, found: dict[str, Value]) -> int:
    count = data[at] << 8 | data[at + 1]
    at += 2
    for _ in range(count):
        element, length = _ID_AND_LENGTH.unpack_from(data, at)
        at += 4
        name, kind = known.variable.get(element, (f"io{element}", "hex"))
        _interpret(element, name, kind, data[at : at + length], found)
        at += length
    return at


def _interpret(element: int, name: str, kind: str, value: bytes, found: dict[str, Value]) -> None:
    """Adds what ``value`` says. A value not of its kind is kept as hex: the record is sound all the same."""
    if not value:
        return
    if kind in ("beacons", "tags"):
        read = beacon_attributes if kind == "beacons" else tag_attributes
        inner = read(value)
        found.update(inner if inner is not None else {f"io{element}": value.hex()})
    elif kind in ("text", "codes"):
        text = value.rstrip(b"\0").decode("ascii", "replace").strip()
        if kind == "codes":
            text = text.replace(",", " ")
        found[name] = text if text.isprintable() and "\ufffd" not in text else value.hex()
    else:
        found[name] = value.hex()
