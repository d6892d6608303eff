"""What tests of the gateway start from: one running gateway, its organisation, and the API as its clients see it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import self_signed
from tests.telemetry.gateway.running import Running, gateway, wait_until_known
from tests.waiting import until

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that it signed itself, in one file."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def everyday(database: None, tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Running]:
    """A gateway for all tests of the run; it waits longer than they do, so lost patience ends no connection."""
    with gateway(tmp_path_factory.mktemp("gateway"), certificate, frame_timeout_s=600) as running:
        yield running


@pytest.fixture
def running(everyday: Running) -> Iterator[Running]:
    """The gateway; the connections of one test end with it, and it may not have logged an error."""
    before = len(everyday.errors())
    yield everyday
    everyday.close_all()
    assert everyday.errors()[before:] == []
    assert everyday.process.poll() is None


@pytest.fixture
def imei() -> str:
    """A number that no other test uses; the allocation code is one of test equipment."""
    return f"00100299{next(_numbers):07d}"


@pytest.fixture
def register(api: Callable[..., Any], running: Running) -> Callable[..., int]:
    """``register(identifier, …)``: a device, once the gateway knows it; its number."""

    def make(identifier: str, secret: str | None = None) -> int:
        body = {"identifier": identifier, "name": identifier[-20:], "kind": "vehicle", "secret": secret}
        number: int = api("devices", body)["id"]
        wait_until_known(number)
        return number

    return make


@pytest.fixture
def latest(api: Callable[..., Any]) -> Callable[[int], Any]:
    """``latest(device)``: its entry among the latest positions, waited for."""

    def find(device: int) -> Any:
        return until(lambda: next((p for p in api("positions/latest") if p["device"] == device), None))

    return find
