"""These tests import Django models."""

from tests import database

database.prepare()

from tests.privacy.requests.office import office, outbox  # noqa: E402, F401
