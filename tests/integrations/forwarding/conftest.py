"""These tests import Django models."""

from tests import database

database.prepare()

from tests.alerts.conftest import fleet  # noqa: E402, F401
