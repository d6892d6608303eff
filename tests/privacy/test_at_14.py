"""AT-14: erasing one person with millions of positions while the gateway ingests.

Here with few of them and without seconds, which ``allconnects bench erasure`` measures; the counts hold at any size.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from allconnects.bench import erasure
from allconnects.kit import config
from tests import template

WAL_BYTES_A_POSITION = 100e6 / 3_500_000
"""What the goal allows: 100 MB for 3.5 million."""


@pytest.mark.embedded
def test_at_14_one_person_goes_while_the_gateway_ingests() -> None:
    before = config.current()
    with tempfile.TemporaryDirectory(prefix="ac-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        template.fill(Path(folder) / "home")
        result = erasure.measure(Path(folder) / "home", 20_000, rate=500.0, before_s=1.0, others=2)
    assert config.current() == before
    assert result["state"] == "done"
    assert result["positions"] >= 20_000
    assert result["steps"]["fence"] == result["hot_positions"] > 0
    assert result["steps"]["rows"] >= result["segments"] > 0
    assert result["steps"]["keys"] == 1
    assert "verify" in result["steps"]
    assert result["acknowledged"] > 0
    assert result["ack_p95_ms"] > 0
    assert result["ack_p95_ms_during"] > 0
    assert 0 < result["alone_wal_mb"] * 1e6 < 8_000_000 + WAL_BYTES_A_POSITION * result["positions"]
