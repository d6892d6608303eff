"""The catalogue of I/O elements, made ready for lookups."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib import resources
from typing import Any, NamedTuple

from ..base import Value

Convert = Callable[[int], Value]
Known = tuple[str, Convert | None]
WIDTHS = (1, 2, 4, 8)


class Family(NamedTuple):
    """What a family of devices calls its elements.

    ``fixed``: for values of 1, 2, 4 and 8 bytes, id -> (name, conversion of the raw number, if any); a
    conversion that gives None says that there is no reading. ``variable``: id -> (name, kind).
    """

    fixed: tuple[dict[int, Known], dict[int, Known], dict[int, Known], dict[int, Known]]
    variable: dict[int, tuple[str, str]]


def entries() -> Iterator[tuple[int, dict[str, Any]]]:
    """(element id, entry) of every line of the catalogue; one id may have several."""
    text = resources.files(__package__).joinpath("io_catalogue.toml").read_text("utf-8")
    for element, found in tomllib.loads(text)["elements"].items():
        for entry in found if isinstance(found, list) else [found]:
            yield int(element), entry


@cache
def families() -> Mapping[str, Family]:
    """The families by name: ``fmb`` over codec 8, ``ble`` (the same over codec 8 extended), ``fm``."""
    found = {name: Family(({}, {}, {}, {}), {}) for name in ("fmb", "ble", "fm")}
    speakers = {"all": ("fmb", "ble", "fm"), "fmb": ("fmb", "ble"), "ble": ("ble",), "fm": ("fm",)}
    for element, entry in entries():
        for name in speakers[entry.get("family", "fmb")]:
            _add(found[name], element, entry)
    return found


def _add(family: Family, element: int, entry: Mapping[str, Any]) -> None:
    length = entry.get("length")
    if length == 0:
        family.variable[element] = (entry["name"], entry["kind"])
        return
    for table, width in zip(family.fixed, WIDTHS, strict=True):
        if length in (None, width):
            table[element] = (entry["name"], _conversion(entry, width))


def _conversion(entry: Mapping[str, Any], width: int) -> Convert | None:
    if kind := entry.get("kind"):
        return partial(_code, entry["values"]) if kind == "code" else _KINDS[kind]
    if "absent" in entry:
        return partial(_reading, frozenset(entry["absent"]), width * 8, round(1 / entry["factor"]))
    factor = entry.get("factor")
    steps: list[Convert] = []
    if entry.get("signed") and width < 8:
        steps.append(partial(_signed, width * 8))
    if factor is not None:
        steps.append(partial(_times, factor) if factor > 1 else partial(_over, round(1 / factor)))
    if len(steps) == 2:
        return lambda raw: steps[1](steps[0](raw))  # type: ignore[arg-type]
    return steps[0] if steps else None


def _signed(bits: int, raw: int) -> int:
    return raw - (1 << bits) if raw >> (bits - 1) else raw


def _times(factor: int, raw: int) -> int:
    return raw * factor


def _over(divisor: int, raw: int) -> float:
    return raw / divisor


def _reading(absent: frozenset[int], bits: int, divisor: int, raw: int) -> float | None:
    return None if raw in absent else _signed(bits, raw) / divisor


def _code(values: Mapping[str, str], raw: int) -> str | None:
    return values.get(str(raw))


def _octets(raw: int) -> bytes:
    return (raw & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "big")


def _ascii(raw: int) -> str:
    return _octets(raw).decode("ascii", "replace").replace("\0", "").strip()


def _key(raw: int) -> str | None:
    return _octets(raw)[::-1].hex().upper() if raw else None


_KINDS: dict[str, Convert] = {
    "bool": lambda raw: raw > 0,
    "hex": lambda raw: _octets(raw).hex(),
    "id": lambda raw: _octets(raw).hex() if raw else None,
    "digits": lambda raw: str(int.from_bytes(_octets(raw), "big")),
    "ascii": _ascii,
    "key": _key,
}
