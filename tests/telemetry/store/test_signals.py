"""Ignition and odometer as columns: from hot rows and segments, whatever the protocol, never guessed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from allconnects.kit import db
from allconnects.privacy.vault import Vault
from allconnects.privacy.vault.service import from_settings
from allconnects.telemetry.store.sealing import seal_day
from tests.telemetry.store.hot import NOON, Yard, at
from tests.telemetry.store.sealed import Connection, day_of, forget_hot, read


@pytest.fixture
def vault(database: None) -> Iterator[Vault]:
    """A vault of this process."""
    with from_settings() as made:
        yield made


@pytest.fixture
def worker(database: None) -> Iterator[Connection]:
    """Speaks as the worker does."""
    with db.connect("worker", autocommit=True) as connection:
        yield connection


def test_signals_are_the_same_hot_and_sealed(yard: Yard, worker: Connection, vault: Vault) -> None:
    device = yard.device()
    yard.send(
        device,
        at(NOON, ignition=True, odometer=1200),
        at(NOON + 1000, ignition=False, odometer=1200.5, sat=7),
        at(NOON + 2000),
        at(NOON + 3000, ignition="?", odometer=None),
        at(NOON + 4000, odometer=1300),
    )
    hot = read(yard, vault, device.id, NOON, signals=True)
    seal_day(worker, vault, yard.organisation, device.id, day_of(NOON))
    both = read(yard, vault, device.id, NOON, signals=True)
    forget_hot(yard, device.id)
    for track in (hot, both, read(yard, vault, device.id, NOON, signals=True)):
        assert track.ignition is not None
        assert track.odometer_m is not None
        assert track.satellites is not None
        assert track.ignition.tolist() == [1, 0, -1, -1, -1]
        np.testing.assert_array_equal(track.odometer_m, [1200, 1200.5, np.nan, np.nan, 1300])
        assert len(track.satellites) == 5


def test_without_asking_there_are_none(yard: Yard, vault: Vault) -> None:
    device = yard.device()
    yard.send(device, at(NOON, ignition=True))
    assert read(yard, vault, device.id, NOON).ignition is None
    assert len(read(yard, vault, device.id, NOON, hours=0, signals=True).ignition) == 0  # type: ignore[arg-type]
