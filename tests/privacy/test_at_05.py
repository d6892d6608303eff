"""AT-05: one command makes the records of processing of both roles, whole, and the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from allconnects import cli
from allconnects.privacy import documents
from allconnects.privacy.registry.book import shipped

ARTICLE_30 = {
    "controller": ("contact of the controller", "data protection officer", "About:", "category of data",
                   "## Recipients",
                   "Transfers outside the EEA", "kept (default, at most)", "art. 32"),
    "processor": ("contact of the processor", "each customer as controller", "data protection officer",
                  "category of data", "Transfers outside the EEA", "art. 32"),
}  # fmt: skip


def test_at_05_one_command_writes_both_and_again_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["privacy", "documents", str(tmp_path)]) == 0
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {"record.controller.md", "record.processor.md"} <= set(first)
    capsys.readouterr()
    assert cli.main(["privacy", "documents", str(tmp_path), "--check"]) == 0
    assert cli.main(["privacy", "documents", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    (tmp_path / "record.controller.md").write_text("x")
    assert cli.main(["privacy", "documents", str(tmp_path), "--check"]) == 1


@pytest.mark.parametrize("party", ["controller", "processor"])
def test_at_05_all_that_article_30_asks_is_in_it(party: str) -> None:
    text = documents.record(party)
    for part in ARTICLE_30[party]:
        assert part in text, part
    used = {use.label.purpose for use in documents.uses()}
    for purpose in shipped().purposes:
        assert (f"(`{purpose.key}`)" in text) == (purpose.party == party and purpose.key in used)
