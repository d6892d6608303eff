"""Real messages, against what is known to be true of them and against another program's output."""

from __future__ import annotations

from functools import cache

import pytest

from allconnects.telemetry.codecs.registry import PROTOCOLS
from allconnects.telemetry.codecs.teltonika.catalogue import entries
from tests.telemetry.codecs import vectors

# The reference asserts some of its columns as if they were attributes.
COLUMNS = {"altitude": "altitude_m", "speed": "speed_kmh", "course": "course_deg", "valid": "valid"}


def sound(protocol: str) -> list[tuple[vectors.Vector, vectors.Answer]]:
    return [pair for pair in vectors.replayed(protocol) if pair[0].get("checksum_ok") is not False]


def label(vector: vectors.Vector) -> str:
    return f"{vector['test_name']} {vector['seq']}"


@cache
def catalogue() -> dict[str, set[str]]:
    """The names of each element, by the name that the reference gives to its number."""
    names: dict[str, set[str]] = {}
    for element, entry in entries():
        names.setdefault(f"io{element}", set()).add(entry["name"])
    return names


def catalogue_names(vector: vectors.Vector) -> set[str]:
    """What the catalogue calls the elements that the reference leaves as numbers in this vector."""
    numbered = {name for position in vector["decoded"] or [] for name in position["attributes"]}
    return set().union(*(catalogue().get(name, set()) for name in numbered))


def excused(protocol: str, vector: vectors.Vector, field: str) -> list[int]:
    """The listed differences that hold here; renaming elements holds only for what the catalogue has."""
    found = vectors.covering(protocol, vector, field)
    kept = [number for number in found if not vectors.listed(protocol)[number].get("catalogue")]
    if len(kept) < len(found):
        return found if field.removeprefix("attributes.") in catalogue() else kept
    if not found and protocol == "teltonika" and field.removeprefix("attributes.") in catalogue_names(vector):
        return [number for number, entry in enumerate(vectors.listed(protocol)) if entry.get("catalogue")]
    return found


def contradicted(protocol: str, vector: vectors.Vector, field: str) -> bool:
    """Whether a listed difference shows that even the asserted value is wrong; never for every message."""
    found = (vectors.listed(protocol)[number] for number in vectors.covering(protocol, vector, field))
    return any(entry.get("asserted") and "seq" in entry for entry in found)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_there_are_vectors(protocol: str) -> None:
    assert len(sound(protocol)) >= 6


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_damaged_messages_are_refused_and_not_answered(protocol: str) -> None:
    wrong = [
        label(vector)
        for vector, answer in vectors.replayed(protocol)
        if vector.get("checksum_ok") is False and (answer["error"] is None or answer["replies"])
    ]
    assert wrong == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_sound_messages_are_taken(protocol: str) -> None:
    assert [(label(v), a["error"]) for v, a in sound(protocol) if a["error"]] == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_positions_come_where_there_are_any(protocol: str) -> None:
    for vector, answer in sound(protocol):
        if vector["expectation"] in ("position", "positions", "attributes"):
            assert answer["positions"], label(vector)
        elif vector["expectation"] == "null":
            assert not answer["positions"], label(vector)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_asserted_values_are_met(protocol: str) -> None:
    for vector, answer in sound(protocol):
        expected = dict(vector.get("expected", {}))
        if not expected:
            continue
        position = answer["positions"][0]
        for name, value in expected.pop("attributes", {}).items():
            field = COLUMNS.get(name)
            if contradicted(protocol, vector, field or f"attributes.{name}"):
                continue
            found = position[field] if field else position["attributes"].get(name)
            spot = field or f"attributes.{name}"
            if not any(vectors.listed(protocol)[n].get("asserted") for n in excused(protocol, vector, spot)):
                assert vectors.same(value, found), (label(vector), name)
        if "time" in expected:
            assert vectors.milliseconds(expected.pop("time")) == vectors.milliseconds(position["time"])
        for name in ("lat", "lon"):
            if name in expected:
                assert position[name] == pytest.approx(expected.pop(name), abs=1e-5), label(vector)
        if "valid" in expected:
            assert position["valid"] is expected.pop("valid"), label(vector)
        assert expected == {}, f"nothing here compares {expected.keys()}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_agrees_with_the_reference_but_for_listed_differences(protocol: str) -> None:
    unlisted = [
        (label(vector), field, there, here)
        for vector, answer in sound(protocol)
        for field, there, here in vectors.differences(vector, answer)
        if not excused(protocol, vector, field)
    ]
    assert unlisted == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_listed_differences_have_a_reason_and_a_case(protocol: str) -> None:
    used = {
        number
        for vector, answer in sound(protocol)
        for field, _, _ in vectors.differences(vector, answer)
        for number in excused(protocol, vector, field)
    }
    for number, entry in enumerate(vectors.listed(protocol)):
        assert len(entry["reason"]) > 20, entry
        assert number in used, f"nothing differs any more: {entry}"


def test_a_wrong_value_would_be_seen() -> None:
    vector, answer = next(pair for pair in sound("teltonika") if pair[1]["positions"])
    assert not list(vectors.differences(vector, answer)) or all(
        excused("teltonika", vector, field) for field, _, _ in vectors.differences(vector, answer)
    )
    position = answer["positions"][0]
    wrong = position | {"lat": position["lat"] + 1e-4, "attributes": position["attributes"] | {"sat": 99}}
    spoiled = answer | {"positions": [wrong, *answer["positions"][1:]], "replies": ["00"]}
    seen = {field for field, _, _ in vectors.differences(vector, spoiled)}
    assert {"lat", "attributes.sat", "replies"} <= {f for f in seen if not excused("teltonika", vector, f)}
