"""CSV files as device-days, and what these take as segments."""

from __future__ import annotations

import csv
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from allconnects.bench.device_days import DeviceDay, brussels_midnight, from_csv, made, total
from allconnects.bench.store import READ, hot_rows
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.telemetry.store.segment.crypt import OVERHEAD
from allconnects.telemetry.store.segment.format import encode, open_segment
from allconnects.telemetry.store.segment.positions import same
from tests.shared_data import shared


def _file(folder: Path, *lines: str, head: str = "time,lat,lon") -> Path:
    path = folder / "track.csv"
    path.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    return path


def test_times_in_every_form_are_the_same_instant(tmp_path: Path) -> None:
    forms = ("2026-03-02T10:00:00.250Z", "2026-03-02 11:00:00.250+01:00", "2026-03-02 10:00:00.250", "1772445600250")
    days = [from_csv(_file(tmp_path, f"{form},51,4"))[0] for form in (*forms, "1772445600.25")]
    expected = int(datetime(2026, 3, 2, 10, 0, 0, 250_000, tzinfo=UTC).timestamp() * 1000)
    assert [day.columns.time_ms.tolist() for day in days] == [[expected]] * 5


def test_further_columns(tmp_path: Path) -> None:
    head = "time,lat,lon,speed_kmh,ignition,fuel,driver"
    lines = ("2026-03-02T10:00:00Z,51.1,4.1,50.5,true,7,a b", "2026-03-02T10:00:01Z,51.1,4.1,,0,7.5,")
    path = _file(tmp_path, *lines, head=head)
    columns = from_csv(path)[0].columns
    assert columns.speed_kmh[0] == 50.5
    assert np.isnan(columns.speed_kmh[1])
    assert [columns.blob(n) for n in (0, 1)] == [
        b'J{"driver":"a b","fuel":7,"ignition":true}',
        b'J{"fuel":7.5,"ignition":0}',
    ]


def test_days_are_cut_at_brussels_midnight(tmp_path: Path) -> None:
    days = from_csv(_file(tmp_path, "2026-03-01T22:59:59Z,51,4", "2026-03-01T23:00:00Z,51,4"))
    assert [str(day.day) for day in days] == ["2026-03-01", "2026-03-02"]


def test_recordings_follow_each_other_where_time_steps_back(tmp_path: Path) -> None:
    one = [f"2026-03-02T10:00:{second:02}Z,51,4.{second}" for second in (0, 5, 10)]
    columns = from_csv(_file(tmp_path, *one, *(line.replace(",51,", ",52,") for line in one)))[0].columns
    assert np.diff(columns.time_ms).tolist() == [5000] * 5
    assert columns.lat_e7.tolist() == [510_000_000] * 3 + [520_000_000] * 3


def test_dates_without_meaning_begin_at_a_midnight_and_end_in_the_past(tmp_path: Path) -> None:
    days = from_csv(_file(tmp_path, "1964-01-12 00:00:00.000000000,51,4", "1964-01-13 12:00:05.003000021,51,4"))
    times = np.concatenate([day.columns.time_ms for day in days])
    assert times[0] == brussels_midnight(days[0].day)
    assert times[1] - times[0] == 129_605_003
    assert times[1] < clock.now().timestamp() * 1000


def test_the_same_line_twice_is_one_position(tmp_path: Path) -> None:
    assert total(from_csv(_file(tmp_path, *["2026-03-02T10:00:00Z,51,4"] * 3))) == 1


@pytest.mark.parametrize(
    ("lines", "head"),
    [
        (["1,2"], "a,b"),
        ([], "time,lat,lon"),
        (["yesterday,51,4"], "time,lat,lon"),
        (["2026-03-02T10:00:00Z,91,4"], "time,lat,lon"),
        (["2026-03-02T10:00:00Z,nan,4"], "time,lat,lon"),
        (["2026-03-02T10:00:00Z,51"], "time,lat,lon"),
        (["2026-03-02T10:00:00Z,51,4,fast"], "time,lat,lon,speed_kmh"),
    ],
)
def test_files_that_say_nothing(tmp_path: Path, lines: list[str], head: str) -> None:
    with pytest.raises(InvalidInput):
        from_csv(_file(tmp_path, *lines, head=head))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        from_csv(tmp_path / "none.csv")


def _bytes_per_position(days: list[DeviceDay]) -> float:
    size = 0
    for day in days:
        rows = hot_rows(day)
        data = encode(rows)
        assert same(open_segment(data).positions(), rows)
        assert all(len(open_segment(data).column(name)) == len(rows) for name in READ)
        size += len(data) + OVERHEAD
    return size / total(days)


def test_a_working_day_with_the_noise_of_a_real_tracker_takes_twelve_bytes_a_position_at_most() -> None:
    assert _bytes_per_position(made(3)) < 11


def test_time_and_place_of_real_tracks_take_four_bytes_a_position_at_most(tmp_path: Path) -> None:
    """Metres from a centre in Antwerp; the recordings of about 6 minutes one after another."""
    path = tmp_path / "tracks.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(("time", "lat", "lon"))
        for source in sorted(shared("tracks").glob("*.csv")):
            for row in csv.DictReader(source.open(encoding="utf-8")):
                lat = 51.2 + float(row["y"]) / 111_195
                lon = 4.4 + float(row["x"]) / (111_195 * math.cos(math.radians(51.2)))
                out.writerow((row["timestamp"], lat, lon))
    days = from_csv(path)
    assert len(days) == 2
    assert 3 < _bytes_per_position(days) < 3.9
