"""The command as a user runs it, and the benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from allconnects.bench.trips import measure
from allconnects.cli import main
from tests.trips.journey import Journey


def csv_of(journey: Journey) -> str:
    """The track as a user's CSV."""
    lines = [f"{int(row[0])},{row[1] / 1e7:.7f},{row[2] / 1e7:.7f}" for row in journey.rows]
    return "\n".join(["time,lat,lon", *lines]) + "\n"


def test_a_file_gives_trips_stops_and_moving_points_in_its_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journey = Journey().fix().park(600).drive(5000).park(600)
    journey.rows.reverse()
    file = tmp_path / "track.csv"
    file.write_text(csv_of(journey))
    assert main(["trips", "detect", str(file), "--profile", "vehicle"]) == 0
    found = json.loads(capsys.readouterr().out)
    (trip,) = found["trips"]
    assert len(found["stops"]) == 2
    assert (trip["start"], trip["end"]) == ("2026-03-02T07:10:00.000Z", "2026-03-02T07:16:00.000Z")
    assert trip["why_end"]["rule"] == "standstill"
    assert trip["why_end"]["rules_version"] == found["rules_version"]
    assert trip["distance_m"] == pytest.approx(5000, rel=0.005)
    assert found["moving"] == [False] * 10 + [True] * (len(journey.rows) - 20) + [False] * 10


def test_rules_can_be_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "track.csv"
    file.write_text(csv_of(Journey().drive(2000).park(120, 30).drive(2000).park(600)))
    assert main(["trips", "detect", str(file), "--rule", "stop_s=60"]) == 0
    assert len(json.loads(capsys.readouterr().out)["trips"]) == 2
    assert main(["trips", "detect", str(file), "--rule", "stop_s"]) == 1
    assert "--rule takes NAME=NUMBER" in capsys.readouterr().err


def test_a_bad_row_is_one_line_with_its_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "track.csv"
    file.write_text("time,lat,lon\n2026-03-02T07:00:00Z,51,4\n2026-03-02T07:00:00Z,x,4\n")
    assert main(["trips", "detect", str(file)]) == 1
    captured = capsys.readouterr()
    assert captured.err == "allconnects: line 3: lat is not a number from -90 to 90\n"
    assert captured.out == ""


def test_neither_django_nor_a_database_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "track.csv"
    file.write_text(csv_of(Journey().drive(2000).park(600)))
    program = (
        "import sys; from allconnects.trips import cli, detector, files; from allconnects.trips.rules import rules_for;"
        "from pathlib import Path;"
        f"found = detector.detect(files.read(Path({str(file)!r})), rules_for('vehicle'));"
        "print(len(found.trips), [name for name in ('django', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "1 []"


def test_the_benchmark_gives_the_rate_and_its_baseline() -> None:
    result = measure(positions=20_000, plain_positions=2_000)
    assert result["positions"] == 20_000
    assert result["trips"] > 50
    assert result["positions_per_s"] > 5 * result["positions_per_s_plain_loop"]
