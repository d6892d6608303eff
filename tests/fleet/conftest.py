"""A firm with vehicles, people and devices."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation
    from allconnects.fleet.who import Who


@pytest.fixture
def who(organisation: Organisation) -> Who:
    """The platform itself, in the organisation of this test."""
    from allconnects.fleet.who import Who

    return Who(organisation)


@pytest.fixture
def speaking(organisation: Organisation) -> Iterator[None]:
    """A transaction that speaks for the organisation of this test, as a page's does; committed at the end."""
    from allconnects.accounts.tenancy import speaking_for

    with speaking_for(organisation.pk):
        yield


@pytest.fixture
def make(organisation: Organisation, database: None) -> Callable[..., Any]:
    """``make("vehicle", name=…)``: a row of the register. Within a transaction that speaks for the organisation."""
    from allconnects.fleet.models import Employer, Material, Person, Team, Vehicle
    from allconnects.telemetry.models import Device

    models: dict[str, Any] = {m._meta.model_name: m for m in (Vehicle, Material, Person, Team, Employer, Device)}

    def build(kind: str, **values: Any) -> Any:
        defaults: dict[str, Any] = {"name": f"{kind}-{secrets.token_hex(4)}"}
        if kind == "person":
            defaults = {"first_name": "Ann", "last_name": f"Example-{secrets.token_hex(3)}"}
        if kind == "device":
            defaults |= {"identifier": secrets.token_hex(8)}
        return models[kind].objects.create(organisation=organisation, **{**defaults, **values})

    return build
