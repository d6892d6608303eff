"""The shared vectors, and how an answer of ours differs from what stands there."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from math import isclose
from typing import Any

from allconnects.telemetry.codecs.decode_cli import answers
from allconnects.telemetry.codecs.registry import codec
from tests.shared_data import shared

Vector = dict[str, Any]
Answer = dict[str, Any]

# field of Position -> (field of the reference, tolerance)
NUMBERS = {
    "lat": ("lat", 1e-5),
    "lon": ("lon", 1e-5),
    "altitude_m": ("altitude", 1e-6),
    "speed_kmh": ("speed_kmh", 1e-3),
    "course_deg": ("course", 1e-6),
}
# The reference has zero where a message says nothing.
ZERO_IS_UNKNOWN = frozenset(("altitude_m", "speed_kmh", "course_deg"))


def load(protocol: str) -> list[Vector]:
    """The vectors of a protocol, in their order."""
    return [json.loads(line) for line in shared(f"vectors/{protocol}.jsonl").open(encoding="utf-8")]


@cache
def replayed(protocol: str) -> tuple[tuple[Vector, Answer], ...]:
    """Each vector with what ``allconnects decode --jsonl`` answers to it."""
    vectors = load(protocol)
    given = answers(codec(protocol), (json.dumps(vector) for vector in vectors))
    return tuple(zip(vectors, given, strict=True))


@cache
def listed(protocol: str) -> tuple[dict[str, Any], ...]:
    """The differences that stand beside a codec."""
    folder = resources.files(f"allconnects.telemetry.codecs.{protocol}")
    text = folder.joinpath("differences.toml").read_text("utf-8")
    return tuple(tomllib.loads(text).get("difference", ()))


def covering(protocol: str, vector: Vector, field: str) -> list[int]:
    """Which listed differences hold for a field of the answer to a vector."""
    return [
        number
        for number, entry in enumerate(listed(protocol))
        if fnmatchcase(field, entry["field"])
        and entry.get("test_name", vector["test_name"]) == vector["test_name"]
        and entry.get("seq", vector["seq"]) == vector["seq"]
    ]


def differences(vector: Vector, answer: Answer) -> Iterator[tuple[str, object, object]]:
    """(field, reference, ours) for all in which the answer differs from the reference."""
    reference = vector["decoded"] or []
    if len(reference) != len(answer["positions"]):
        yield "positions", len(reference), len(answer["positions"])
    for theirs, ours in zip(reference, answer["positions"], strict=False):
        yield from _position(theirs, ours)
    if not any(path.startswith("responses") for path in vector.get("clock_dependent", ())):
        theirs, ours = _replies(vector, answer)
        if theirs != ours:
            yield "replies", theirs, ours
    named, given = vector.get("device_ids", []), answer["device_ids"]
    if not set(named) <= set(given) or bool(named) != bool(given):
        yield "device_ids", named, given


def _replies(vector: Vector, answer: Answer) -> tuple[str, str]:
    responses = vector.get("responses", [])
    octets = bytes.fromhex("".join(answer["replies"]))
    if octets.startswith(b"HTTP/"):
        return str([entry.get("http_status") for entry in responses]), f"[{octets.split()[1].decode()}]"
    return "".join(entry.get("hex") or entry["text"].encode().hex() for entry in responses), octets.hex()


def _position(theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[tuple[str, object, object]]:
    if (time := theirs.get("time") or theirs.get("device_time")) and milliseconds(time) != milliseconds(ours["time"]):
        yield "time_ms", time, ours["time"]
    if theirs.get("no_location"):
        if ours["lat"] is not None or ours["lon"] is not None:
            yield "lat", None, ours["lat"]
        if theirs.get("valid", ours["valid"]) is not ours["valid"]:
            yield "valid", theirs["valid"], ours["valid"]
    else:
        yield from _place(theirs, ours)
    attributes = dict(theirs["attributes"])
    if "network" in theirs:
        attributes["network"] = theirs["network"]
    for name in sorted(attributes.keys() | ours["attributes"].keys()):
        there, here = attributes.get(name, "(none)"), ours["attributes"].get(name, "(none)")
        if not same(there, here):
            yield f"attributes.{name}", there, here


def _place(theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[tuple[str, object, object]]:
    if theirs["valid"] is not ours["valid"]:
        yield "valid", theirs["valid"], ours["valid"]
    for field, (name, tolerance) in NUMBERS.items():
        there, here = theirs[name], ours[field]
        if here is None and field in ZERO_IS_UNKNOWN:
            here = 0.0
        if here is None or abs(there - here) > tolerance:
            yield field, there, here


def milliseconds(time: str | None) -> int | None:
    """Milliseconds since 1970 of an ISO 8601 text."""
    return None if time is None else round(datetime.fromisoformat(time).timestamp() * 1000)


def same(there: object, here: object) -> bool:
    """Equal, numbers within rounding; a truth value is never a number."""
    if isinstance(there, bool) or isinstance(here, bool):
        return there is here
    if isinstance(there, int | float) and isinstance(here, int | float):
        return isclose(there, here, rel_tol=1e-9, abs_tol=1e-9)
    return there == here
