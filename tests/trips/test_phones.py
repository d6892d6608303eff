"""The rules for phones on recordings of people who deliver, labelled per point; nothing is trained on the labels."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from allconnects.trips.detector import detect
from allconnects.trips.files import parse_csv
from allconnects.trips.rules import rules_for
from tests.shared_data import shared


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    """Right, wrong and missed driving points per recording, read as a user's CSV is."""
    rules = rules_for("phone")
    rows = []
    for path in sorted(shared("tracks").glob("trajectory_*.csv")):
        text, driving = as_csv(path)
        moving = detect(parse_csv(text), rules).moving
        assert len(moving) == len(driving)
        rows.append([(moving & driving).sum(), (moving & ~driving).sum(), (~moving & driving).sum()])
    return np.array(rows)


def as_csv(path: Path) -> tuple[str, np.ndarray]:
    """A recording around 51.2 N 4.4 E, and which of its points are labelled as driving."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [
        f"{row['timestamp']},{51.2 + float(row['y']) / 111_260:.7f},{4.4 + float(row['x']) / 69_900:.7f}"
        for row in rows
    ]
    return "\n".join(["time,lat,lon", *lines]), np.array([row["groundtruth"] == "Driving" for row in rows])


def f1(scores: np.ndarray) -> float:
    """The harmonic mean of precision and recall over all points."""
    right, wrong, missed = scores.sum(axis=0)
    return float(2 * right / (2 * right + wrong + missed))


def test_driving_is_told_from_walking(scores: np.ndarray) -> None:
    assert len(scores) >= 400
    assert f1(scores) >= 0.92


def test_it_holds_on_the_half_that_no_number_was_tuned_on(scores: np.ndarray) -> None:
    assert f1(scores[1::2]) >= 0.92
    assert f1(scores[::2]) >= 0.91


def test_most_recordings_are_good_by_themselves(scores: np.ndarray) -> None:
    each = np.array([f1(one[None]) if one.any() else 1.0 for one in scores])
    assert np.median(each) >= 0.93
    assert (each >= 0.9).mean() >= 0.65
