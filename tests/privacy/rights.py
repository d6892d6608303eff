"""What tests of the rights of a person start from."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg

from allconnects.accounts.tenancy import speaking_for
from allconnects.privacy.erasure import engine, service
from allconnects.privacy.subjects import Subject
from tests.privacy.canary import Canary


def canary(connection: psycopg.Connection[Any], organisation: int) -> Canary:
    """A person in every table."""
    one = Canary(connection, organisation)
    one.fill()
    return one


def erase(organisation: int, person: UUID, by: int = 1, run: bool = True) -> tuple[UUID, str]:
    """Ask for the erasure of a person and carry it out as far as it goes; its id and its state."""
    with speaking_for(organisation):
        erasure = service.begin(Subject(organisation, person), case=uuid4(), by=by)
    return erasure, engine.run(organisation, erasure) if run else "waiting"
