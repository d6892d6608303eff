"""These tests import Django models."""

from tests import database

database.prepare()
