"""The tests of this room name models when they are read."""

from __future__ import annotations

from tests import database

database.prepare()
