"""Where the shared test data stands: beside the checkout, never in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared(path: str) -> Path:
    """The shared file or folder; skips the test visibly where there is none, fails on CI."""
    found = ROOT.parent / "shared" / path
    if not (ROOT.parent / "shared").exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs the shared test data: {path}")
        pytest.skip(f"no shared test data beside the checkout: {path}")
    return found
