"""The tables of ``tables.toml``, read once."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, NamedTuple

from allconnects.telemetry.codecs.gt06.framing import Packet

_DATA: dict[str, Any] = tomllib.loads(files(__package__).joinpath("tables.toml").read_text("utf-8"))


class Rule(NamedTuple):
    """A variant with the packets that betray it; ``models``: only for devices of this family."""

    name: str
    kinds: frozenset[int]
    lengths: range
    marker: bytes
    models: str


def _codes(table: str) -> dict[int, str]:
    return {int(key, 0): str(name) for key, name in _DATA[table].items()}


def _rule(row: dict[str, Any]) -> Rule:
    first = row.get("length", row.get("at_least", 0))
    last = row.get("length", 0xFFFF)
    marker = bytes.fromhex(row.get("marker", ""))
    return Rule(row["name"], frozenset(row["kinds"]), range(first, last + 1), marker, row.get("models", ""))


WITH_FIX = frozenset[int](_DATA["parts"]["fix"])
WITH_CELL = frozenset[int](_DATA["parts"]["cell"])
WITH_STATUS = frozenset[int](_DATA["parts"]["status"])
NO_REPLY = frozenset[int](_DATA["replies"]["none"])
EXTENDED_REPLY = frozenset[int](_DATA["replies"]["extended"])
STATUS_ALARMS = _codes("status_alarms")
CAMERA_ALARMS = _codes("camera_alarms")
MODULE_ALARMS = _codes("module_alarms")
AZ735_ALARMS = _codes("az735_alarms")
_ALARMS = _codes("alarms")
_FAMILY_ALARMS = {family: _codes(f"alarms_{family}") for family in ("lw", "seeworld", "vl")}
_MODELS: dict[str, Any] = _DATA["models"]
_RULES = [_rule(row) for row in _DATA["variant"]]


def family_of(model: str) -> str:
    """The family of a model name: nt, vl, r11, qh302r, seeworld or lw; empty when it has none."""
    name = model.upper()
    if name.startswith(_MODELS["prefix_lw"]):
        return "lw"
    return next((family for family, names in _MODELS.items() if isinstance(names, list) and name in names), "")


def variant_of(packet: Packet, family: str) -> str:
    """The variant that a packet betrays, empty for the standard layout."""
    for rule in _RULES:
        if packet.kind not in rule.kinds or packet.length not in rule.lengths:
            continue
        if packet.content.startswith(rule.marker) and rule.models in ("", family):
            return "" if packet.extended else rule.name
    return ""


def alarm_of(code: int, family: str) -> str | None:
    """The alarm name of an alarm code, as devices of ``family`` use it; None for none or an unknown one."""
    return _FAMILY_ALARMS.get(family, {}).get(code) or _ALARMS.get(code)
