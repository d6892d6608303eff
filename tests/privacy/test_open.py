"""Every acceptance test of privacy is there under its name, or stands in ``open.toml`` with its reason; never both."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
ALL = {f"AT-{number:02d}" for number in range(1, 55)}


def present() -> set[str]:
    """Ids after which a test function, or a file of tests, is named."""
    found = set()
    for path in HERE.rglob("test_*.py"):
        text = path.read_text("utf-8")
        found |= {f"AT-{number}" for number in re.findall(r"^def test_at_(\d\d)_", text, re.MULTILINE)}
        named = re.fullmatch(r"test_at_(\d\d)\w*", path.stem)
        if named and re.search(r"^def test_", text, re.MULTILINE):
            found.add(f"AT-{named[1]}")
    return found


def test_every_acceptance_test_is_there_or_open_with_its_reason() -> None:
    listed = tomllib.loads((HERE / "open.toml").read_text("utf-8"))
    assert set(listed) <= ALL
    assert present() <= ALL
    assert set(listed) & present() == set(), "these have a test now: take their lines out of open.toml"
    assert ALL - set(listed) - present() == set(), "these have neither a test nor a line in open.toml"
    for one in listed.values():
        assert set(one) == {"reason", "brought_by"}
        assert all(len(text) > 10 for text in one.values())
