"""The benchmark of history reads what it says it reads, through the reader and from plain rows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from allconnects.bench import history
from allconnects.kit import config
from tests import template


@pytest.mark.embedded
def test_a_small_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "DAYS", 3)
    monkeypatch.setattr(history, "MONTH", 3)
    before = config.current()
    with tempfile.TemporaryDirectory(prefix="ac-bench-") as folder:
        template.fill(Path(folder) / "home")
        result = history.measure(Path(folder) / "home", 60_000, 40_000)
    assert config.current() == before
    assert 45_000 < result["positions"] < 75_000
    assert result["rows_positions"] > 30_000
    assert all(result[name] > 0 for name in ("day_ms", "month_ms", "rows_day_ms", "rows_month_ms"))
    assert result["bytes_per_position"] < result["rows_bytes_per_position"]
