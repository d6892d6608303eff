"""Every reason of docs/trips.md has words, and no reason leaves a page without any."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from allconnects.trips.stored import Decision
from tests import database

database.prepare()
DOCS = Path(__file__).resolve().parents[3] / "docs/trips.md"
SEVEN = int(datetime(2026, 7, 1, 5, 30, 15, tzinfo=UTC).timestamp() * 1000)


def reasons(*parts: str) -> set[str]:
    """Reasons that docs/trips.md lists as of one of these parts."""
    section = DOCS.read_text("utf-8").split("## Why a trip starts and ends")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", section, re.MULTILINE)
    return {name for name, of in rows if set(of.split(", ")) & set(parts)}


def test_every_reason_has_a_text() -> None:
    from allconnects.products.live_connects import history_words as words

    assert reasons("start") <= set(words.STARTS)
    assert reasons("end") <= set(words.ENDS)
    assert reasons("within") <= set(words.WITHIN)
    assert reasons("stop", "end") <= set(words.STOPS)
    from allconnects.trips import effect, found, halts
    from allconnects.trips import reasons as rules
    from allconnects.trips.store import holders

    cut = {found.DAY_LIMIT, found.SPLIT, holders.DRIVER_CHANGED, holders.INSTALLATION_CHANGED}
    assert {*rules.STARTS, *cut} <= set(words.STARTS)
    assert {*halts.WORDS, *cut} <= set(words.ENDS)
    assert effect.MERGED in words.WITHIN
    assert {effect.MIXED, effect.SAID} <= set(words.DISTANCES)
    distances = set(re.findall(r"^\| `(\w+)` \| (?:odometer|GPS) \|", DOCS.read_text("utf-8"), re.MULTILINE))
    assert len(distances) >= 5
    assert distances <= set(words.DISTANCES)


def test_a_text_names_the_times_of_the_fixes_that_decided() -> None:
    from allconnects.products.live_connects import history_words as words

    text = words.told(words.STARTS, Decision("ignition_on", (SEVEN, SEVEN + 20_000)))
    assert "07:30:15" in text
    assert "07:30:35" in text
    one = words.told(words.STARTS, Decision("movement", (SEVEN,)))
    assert one.count("07:30:15") == 2
    assert words.told(words.ENDS, Decision("unheard_of", ())) != ""
    assert words.distance("unheard_of") == ""
