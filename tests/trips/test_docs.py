"""The page on trips names every rule with its numbers, and every reason."""

from __future__ import annotations

import re
from pathlib import Path

from allconnects.trips.halts import WORDS
from allconnects.trips.reasons import STARTS
from allconnects.trips.rules import NAMES, PROFILES, catalogue

PAGE = (Path(__file__).resolve().parents[2] / "docs/trips.md").read_text("utf-8")
ROWS = {cells[1]: cells[2:] for line in PAGE.splitlines() if len(cells := re.split(r" *\| *", line)) > 3}


def test_every_rule_is_described_with_its_numbers() -> None:
    rules = catalogue()["rules"]
    for name in NAMES:
        rule = rules[name]
        numbers = [f"{rule[profile]:g}" for profile in PROFILES]
        assert ROWS[f"`{name}`"][:6] == [
            rule["unit"], *numbers, f"{rule['least']:g} to {rule['most']:g}", rule["text"],
        ]  # fmt: skip


def test_every_reason_is_described() -> None:
    for word in {*WORDS, *STARTS, "silence_bridged", "no_movement"}:
        assert f"`{word}`" in ROWS, word
