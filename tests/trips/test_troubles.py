"""Each trouble of real tracks, built on its own: what users of trackers complain about."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from allconnects.trips.detector import detect
from allconnects.trips.result import Detection, Track
from allconnects.trips.rules import rules_for
from tests.trips.journey import LAT, LON, START, Journey, check, rules_of, track


def found(journey: Journey, profile: str = "vehicle", **rules: float) -> Detection:
    """The detection, of which what always holds is checked."""
    detection = journey.detect(profile, **rules)
    check(detection, journey.track().time_ms)
    return detection


def test_nothing_is_nothing() -> None:
    assert detect(track([]), rules_for("vehicle")).trips == ()
    assert detect(track([]), rules_for("vehicle")).stops == ()


def test_one_fix_is_a_stop_without_length() -> None:
    (stop,) = found(Journey().fix()).stops
    assert (stop.duration_s, stop.why.rule, stop.place.lat) == (0, "no_movement", LAT)


def test_ignition_starts_and_ends_the_trip_not_the_wheels() -> None:
    journey = Journey(ignition=True, speeds=True).fix().park(600).park(60, 30, on=True).drive(8000)
    journey.park(60, 30, on=True).park(1200)
    detection = found(journey)
    (trip,) = detection.trips
    assert rules_of(detection) == [("ignition_on", "ignition_off")]
    assert trip.start_ms == START.timestamp() * 1000 + 630_000
    assert trip.idle_s == pytest.approx(120, abs=31)
    assert trip.distance_m == pytest.approx(8000, rel=0.005)
    assert trip.max_speed_kmh == 50
    assert trip.max_speed_source == "device"
    assert len(detection.stops) == 2


def test_the_engine_that_idles_does_not_end_a_trip_at_once_but_does_in_the_end() -> None:
    short = Journey(ignition=True).drive(3000).park(240, on=True).drive(3000).park(600)
    assert len(found(short).trips) == 1
    long = Journey(ignition=True).drive(3000).park(360, on=True).drive(3000).park(600)
    assert [end for _, end in rules_of(found(long))] == ["standstill", "ignition_off"]


def test_a_stalled_engine_does_not_end_a_trip() -> None:
    journey = Journey(ignition=True).drive(3000).wait(10).fix(on=False).wait(20).fix(on=True).wait(5).drive(3000)
    assert len(found(journey.park(600)).trips) == 1


def test_a_parking_of_four_minutes_with_the_ignition_off_splits() -> None:
    journey = Journey(ignition=True).drive(3000).park(240).wait(5).drive(3000).park(600)
    assert rules_of(found(journey)) == [("first_fix", "ignition_off"), ("ignition_on", "ignition_off")]


def test_a_device_that_goes_silent_at_ignition_off_ends_its_trip_there() -> None:
    journey = Journey().drive(5000).wait(9 * 3600).drive(4000).park(600)
    detection = found(journey)
    first, second = detection.trips
    assert rules_of(detection) == [("first_fix", "silence"), ("movement", "standstill")]
    assert first.end_ms == START.timestamp() * 1000 + 360_000
    assert second.start_ms - first.end_ms == 9 * 3_600_000
    assert first.end_why.fixes == (first.last_fix, second.first_fix)


def test_the_last_message_says_ignition_off_and_no_more_comes() -> None:
    journey = Journey(ignition=True).drive(5000).wait(5).fix(on=False)
    (trip,) = found(journey).trips
    assert (trip.end_why.rule, trip.still_open) == ("ignition_off", False)


def test_a_device_that_wakes_kilometres_further_on_left_its_place_in_the_silence() -> None:
    journey = Journey().drive(5000).wait(9 * 3600).move(5000).drive(4000).park(600)
    detection = found(journey)
    first, second = detection.trips
    assert second.start == first.end
    assert second.start_estimated
    assert second.start_why.rule == "moved_unseen"
    assert second.distance_m == pytest.approx(9000, rel=0.01)
    assert second.start_ms > first.end_ms + 8 * 3_600_000


def test_a_device_that_goes_silent_while_driving_and_stands_elsewhere_drove_first() -> None:
    journey = Journey().drive(5000).wait(6 * 3600).move(2000).fix().park(1200)
    detection = found(journey)
    (trip,) = detection.trips
    assert (trip.end_why.rule, trip.end_estimated) == ("moved_unseen", True)
    assert trip.distance_m == pytest.approx(7000, rel=0.01)
    assert trip.duration_s == pytest.approx(360 + 240, abs=1)


def test_a_tunnel_does_not_split_a_trip() -> None:
    journey = Journey().drive(5000, 80).wait(400).move(8000).drive(5000, 80).park(600)
    detection = found(journey)
    (trip,) = detection.trips
    assert trip.distance_m == pytest.approx(18_000, rel=0.01)
    assert [bridge.rule for bridge in trip.bridged] == ["silence_bridged"]
    assert detection.moving[: trip.last_fix].all()


def test_hours_without_coverage_on_the_motorway_are_one_trip() -> None:
    journey = Journey().drive(5000, 90).wait(3 * 3600).move(250_000).drive(5000, 90).park(600)
    (trip,) = found(journey).trips
    assert trip.distance_m == pytest.approx(260_000, rel=0.01)


@pytest.mark.parametrize("profile", ["vehicle", "phone", "material"])
@pytest.mark.parametrize("seed", range(5))
def test_drift_of_a_parked_device_is_no_trip(profile: str, seed: int) -> None:
    for every_s in (1, 10, 60):
        journey = Journey().fix().park(3600 if every_s == 1 else 12 * 3600, every_s, drift_m=5, seed=seed)
        detection = found(journey, profile)
        assert detection.trips == ()
        assert detection.moving.mean() < 0.02


@pytest.mark.parametrize("seed", range(5))
def test_drift_between_buildings_is_no_trip_of_a_vehicle_even_without_speed_or_ignition(seed: int) -> None:
    assert found(Journey().fix().park(12 * 3600, 30, drift_m=20, seed=seed)).trips == ()


def test_drift_that_the_device_itself_calls_standing_is_no_movement() -> None:
    journey = Journey(speeds=True).fix().park(12 * 3600, 10, drift_m=60)
    detection = found(journey, still_veto_m=500)
    assert not detection.moving.any()


def test_a_broken_speed_of_always_zero_hides_no_trip() -> None:
    journey = Journey(speeds=True).drive(10_000, 60, every_s=20).park(600)
    for row in journey.rows:
        row[3] = 0
    (trip,) = found(journey).trips
    assert trip.distance_m == pytest.approx(10_000, rel=0.01)


def test_an_ignition_wire_that_always_says_off_hides_no_trip() -> None:
    journey = Journey(ignition=True).drive(10_000, 60).park(600)
    for row in journey.rows:
        row[4] = 0
    assert rules_of(found(journey)) == [("moved_with_ignition_off", "ignition_off")]


def test_a_tow_with_the_ignition_off_is_told_as_such_and_a_push_is_not_a_trip() -> None:
    towed = Journey(ignition=True).fix().park(600)
    towed.drive(6000, 40).park(600)
    for row in towed.rows:
        row[4] = 0
    assert [start for start, _ in rules_of(found(towed))] == ["moved_with_ignition_off"]
    pushed = Journey(ignition=True).drive(300, 20).park(600)
    for row in pushed.rows:
        row[4] = 0
    assert found(pushed).trips == ()


@pytest.mark.parametrize("away_m", [800, 5000, 300_000])
def test_one_fix_far_away_adds_nothing(away_m: float) -> None:
    clean = Journey().drive(6000).park(600)
    wrong = Journey().drive(3000)
    wrong.rows[-5][1] += away_m * 89.9
    wrong.drive(3000).park(600)
    expected, (trip,) = found(clean).trips[0], found(wrong).trips
    assert trip.distance_m == pytest.approx(expected.distance_m, rel=0.01)
    assert trip.max_speed_kmh == pytest.approx(50, abs=2)


def test_some_fixes_at_a_place_that_cannot_be_reached_are_left_out() -> None:
    journey = Journey().drive(3000)
    for _ in range(5):
        journey.wait(10).fix(north=400_000)
    journey.drive(3000).park(600)
    detection = found(journey)
    (trip,) = detection.trips
    assert trip.distance_m == pytest.approx(6000, rel=0.02)
    assert detection.used == len(journey.rows) - 5


def test_a_first_fix_far_away_does_not_hide_the_rest() -> None:
    journey = Journey().fix(north=900_000).wait(10).drive(3000).park(600)
    (trip,) = found(journey).trips
    assert trip.distance_m == pytest.approx(3000, rel=0.01)
    assert trip.first_fix == 1


def test_a_tracker_that_is_moved_to_a_van_elsewhere_splits_by_a_jump() -> None:
    journey = Journey().drive(9000, 50).wait(20).move(400_000).drive(9000, 50).park(600)
    detection = found(journey)
    first, second = detection.trips
    assert first.end_why.rule == "jump"
    assert detection.stops[0].place == first.end
    assert first.distance_m + second.distance_m == pytest.approx(18_000, rel=0.01)


def test_zero_zero_is_no_place() -> None:
    journey = Journey().drive(3000)
    journey.wait(10)
    journey.rows.append([journey.now_ms, 0, 0, float("nan"), -1, float("nan")])
    journey.drive(3000).park(600)
    (trip,) = found(journey).trips
    assert trip.distance_m == pytest.approx(6000, rel=0.01)


def test_fixes_that_the_device_doubts_are_not_used() -> None:
    journey = Journey().drive(3000).wait(10).fix(north=300).wait(10).drive(3000).park(600)
    given = journey.track()
    doubted = np.zeros(len(given.time_ms), np.bool_)
    doubted[(given.lat_e7 - np.roll(given.lat_e7, 1)) > 20_000] = True
    assert doubted.sum() == 1
    columns = {name: getattr(given, name) for name in ("time_ms", "lat_e7", "lon_e7")}
    rules = rules_for("vehicle")
    for extra in ({"valid": ~doubted}, {"satellites": np.where(doubted, 2, 9)}):
        assert detect(Track(**columns, **extra), rules).used == len(doubted) - 1
    assert detect(Track(**columns, satellites=np.full(len(doubted), -1)), rules).used == len(doubted)


def test_an_odometer_is_used_where_it_agrees() -> None:
    journey = Journey(odometer=81_000_000).drive(3000).drive(3000, course_deg=90).park(600)
    for row in journey.rows:
        row[5] = 81_000_000 + (row[5] - 81_000_000) * 1.04
    (trip,) = found(journey).trips
    assert (trip.distance_source, trip.distance_why) == ("odometer", "odometer_agrees")
    assert trip.distance_m == trip.distance_odometer_m == pytest.approx(6240, rel=0.001)
    assert trip.distance_gps_m == pytest.approx(6000, rel=0.01)


def test_an_odometer_that_resets_on_the_way_is_filled_by_gps() -> None:
    journey = Journey(odometer=500_000).drive(3000)
    journey.odometer = 0
    (trip,) = found(journey.wait(10).move(100).drive(3000).park(600)).trips
    assert trip.distance_why == "odometer_reset_filled"
    assert trip.distance_m == pytest.approx(6100, rel=0.01)


@pytest.mark.parametrize(("factor", "why"), [(0.00001, "odometer_disagrees"), (10, "odometer_reset_filled")])
def test_a_broken_odometer_is_not_believed(factor: float, why: str) -> None:
    journey = Journey(odometer=1_000_000).drive(9000, 90).park(600)
    for row in journey.rows:
        row[5] = 1_000_000 + (row[5] - 1_000_000) * factor
    (trip,) = found(journey).trips
    assert trip.distance_why == why
    assert trip.distance_m == pytest.approx(9000, rel=0.01)


def test_an_odometer_that_is_told_only_now_and_then_is_not_used() -> None:
    journey = Journey(odometer=1_000_000).drive(9000).park(600)
    for row in journey.rows[20:]:
        row[5] = float("nan")
    (trip,) = found(journey).trips
    assert (trip.distance_source, trip.distance_why) == ("gps", "odometer_incomplete")


def test_the_odometer_knows_the_way_through_a_silence() -> None:
    journey = Journey(odometer=0).drive(5000, 80).wait(600).move(8000)
    assert journey.odometer is not None
    journey.odometer += 4000
    (trip,) = found(journey.drive(5000, 80).park(600)).trips
    assert trip.distance_m == pytest.approx(22_000, rel=0.01)
    assert trip.distance_gps_m == pytest.approx(18_000, rel=0.01)


def test_a_single_wrong_speed_is_not_the_maximum() -> None:
    journey = Journey(speeds=True).drive(6000).park(600)
    journey.rows[20][3] = 240
    journey.rows[30][3] = 4000
    assert found(journey).trips[0].max_speed_kmh == 50


def test_a_fast_stretch_is_the_maximum() -> None:
    journey = Journey(speeds=True).drive(3000).drive(1000, 110).drive(3000).park(600)
    assert found(journey).trips[0].max_speed_kmh == 110


def test_midnight_does_not_split_a_trip() -> None:
    journey = Journey(datetime.fromisoformat("2026-03-02T22:50:00+00:00")).fix().park(300).drive(30_000, 60).park(600)
    (trip,) = found(journey).trips
    assert trip.duration_s == pytest.approx(1800, abs=60)


@pytest.mark.parametrize("change", ["2026-03-29T00:50:00+00:00", "2026-10-25T00:50:00+00:00"])
def test_summer_time_does_not_change_a_trip(change: str) -> None:
    at = datetime.fromisoformat(change)
    other = Journey(at + timedelta(days=14)).fix().park(300).drive(20_000, 60).park(600)
    journey = Journey(at).fix().park(300).drive(20_000, 60).park(600)
    one, two = found(journey).trips[0], found(other).trips[0]
    assert (one.duration_s, one.distance_m) == (two.duration_s, two.distance_m)


def test_a_buffered_upload_and_a_repeated_one_change_nothing() -> None:
    journey = Journey(ignition=True, speeds=True).fix().park(600).drive(8000).park(900).drive(4000).park(900)
    size = len(journey.rows)
    late = [*range(40), *range(60, size), *range(40, 60), *range(10, 30)]
    rules = rules_for("vehicle")
    one, two = journey.detect(), detect(journey.track(late), rules)
    assert [trip[:4] for trip in one.trips] == [trip[:4] for trip in two.trips]
    assert two.moving.tolist() == one.moving[late].tolist()


def test_a_walk_with_the_phone_is_no_trip() -> None:
    journey = Journey().fix().park(120, 5).drive(1500, 5.4, every_s=5).park(120, 5)
    detection = found(journey, "phone")
    assert detection.trips == ()
    assert not detection.moving.any()


def test_a_run_for_the_bus_within_a_walk_is_no_trip() -> None:
    journey = Journey().drive(600, 5, every_s=5).drive(15, 10, every_s=5).drive(600, 5, every_s=5)
    assert found(journey, "phone").trips == ()


def test_a_walk_to_the_van_a_drive_and_a_walk_from_it() -> None:
    journey = Journey().drive(200, 5, every_s=5).park(10, 5).drive(3000, 40, every_s=5).park(10, 5)
    journey.drive(300, 5, every_s=5, course_deg=90)
    detection = found(journey, "phone")
    (trip,) = detection.trips
    assert trip.distance_m == pytest.approx(3000, rel=0.02)
    assert 40 < detection.moving.sum() < 62


def test_a_phone_that_stops_in_the_background_and_wakes_after_a_walk_has_not_driven() -> None:
    journey = Journey().drive(100, 4, every_s=5).wait(1800).move(1200).drive(100, 4, every_s=5)
    assert found(journey, "phone").trips == ()


def test_a_phone_that_stops_in_the_background_on_the_motorway_has_driven() -> None:
    journey = Journey().drive(100, 4, every_s=5).wait(1800).move(40_000).drive(100, 4, every_s=5)
    (trip,) = found(journey, "phone").trips
    assert trip.distance_m == pytest.approx(40_000, rel=0.01)


def test_a_trailer_without_ignition_follows_its_lorry() -> None:
    journey = Journey().fix().park(3600, 600).drive(40_000, 70, every_s=120).park(3600, 600)
    (trip,) = found(journey, "material").trips
    assert trip.distance_m == pytest.approx(40_000, rel=0.01)


def test_a_container_that_reports_once_a_day_is_seen_to_have_moved() -> None:
    journey = Journey().fix().park(3 * 86_400, 86_400, drift_m=30).wait(86_400).move(12_000).fix()
    journey.park(3 * 86_400, 86_400, drift_m=30)
    (trip,) = found(journey, "material").trips
    assert (trip.start_estimated, trip.start_why.rule) == (True, "moved_unseen")
    assert trip.distance_m == pytest.approx(12_000, rel=0.01)


def test_traffic_lights_and_a_box_that_is_crossed_do_not_split() -> None:
    journey = Journey().fix()
    for _ in range(5):
        journey.drive(800).park(60, 20)
    (trip,) = found(journey.drive(120, 60).drive(800).park(600)).trips
    assert trip.distance_m == pytest.approx(4920, rel=0.01)
    assert trip.idle_s == pytest.approx(300, abs=60)


def test_a_delivery_of_five_minutes_splits_and_one_of_two_does_not() -> None:
    assert len(found(Journey().drive(2000).park(300, 30).drive(2000).park(600)).trips) == 2
    assert len(found(Journey().drive(2000).park(120, 30).drive(2000).park(600)).trips) == 1


def test_moving_the_car_in_the_yard_is_no_trip() -> None:
    assert found(Journey().fix().park(600).drive(80, 10).park(600)).trips == ()


def test_a_track_across_the_antimeridian_is_not_the_way_round_the_world() -> None:
    journey = Journey().fix().park(600, drift_m=3).drive(9000, course_deg=90).park(600, drift_m=3)
    for row in journey.rows:
        row[2] = (row[2] - LON * 1e7 + 1_799_600_000 + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    detection = found(journey)
    (trip,) = detection.trips
    assert trip.distance_m == pytest.approx(9000, rel=0.02)
    assert trip.end.lon < -179
    assert all(abs(stop.place.lon) > 179 for stop in detection.stops)


def test_a_trip_that_goes_on_is_open() -> None:
    (trip,) = found(Journey().fix().park(600).drive(5000)).trips
    assert (trip.still_open, trip.end_why.rule) == (True, "last_fix")
    assert len(found(Journey().fix().park(600).drive(5000)).stops) == 1


def test_every_reason_names_the_version_and_the_fixes_that_decided() -> None:
    journey = Journey().fix().park(600).drive(5000).park(600)
    detection = found(journey)
    assert detection.rules_version == rules_for("vehicle").version
    (trip,) = detection.trips
    first, reached = trip.end_why.fixes
    assert first == trip.last_fix
    assert journey.rows[reached][0] - journey.rows[first][0] == 180_000
    assert detection.stops[1].why == trip.end_why
