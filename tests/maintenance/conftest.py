"""These tests import Django models."""

from __future__ import annotations

from tests import database

database.prepare()

from tests.alerts.conftest import fleet, make_rule  # noqa: E402
from tests.fleet.conftest import make, speaking, who  # noqa: E402

__all__ = ["fleet", "make", "make_rule", "speaking", "who"]
