"""``allconnects trips detect FILE``: try the rules on a file, without a database."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from allconnects.trips.result import Detection, Place, Reason, Stop, Trip
from allconnects.trips.rules import NAMES, PROFILES, RuleError, rules_for

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``trips detect``."""
    trips = commands.add_parser("trips", help="find trips and stops in a file")
    actions = trips.add_subparsers(title="actions", metavar="ACTION", required=True)
    detect = actions.add_parser("detect", help="trips, stops and moving points of a CSV, GPX or GeoJSON file, as JSON")
    detect.add_argument("file", type=Path, help="CSV with time,lat,lon[,speed_kmh,ignition], GPX or GeoJSON")
    detect.add_argument("--profile", choices=PROFILES, default="vehicle", help="the rules to use (default: vehicle)")
    detect.add_argument(
        "--rule", action="append", default=[], metavar="NAME=NUMBER", help="set a rule otherwise; may be repeated"
    )
    detect.set_defaults(run=_detect)


def _detect(arguments: argparse.Namespace) -> int:
    from allconnects.trips import files
    from allconnects.trips.detector import detect

    rules = rules_for(arguments.profile, _changes(arguments.rule))
    found = detect(files.read(arguments.file), rules)
    json.dump(as_json(found), sys.stdout, allow_nan=False)
    sys.stdout.write("\n")
    return 0


def _changes(texts: Iterable[str]) -> dict[str, float]:
    changes = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            changes[name] = float(value)
        except ValueError:
            raise RuleError(f"--rule takes NAME=NUMBER; the names are {', '.join(NAMES)}") from None
    return changes


def as_json(found: Detection) -> dict[str, Any]:
    """The detection as plain values: times in ISO 8601 UTC, places in degrees, fixes as indices of the input."""
    return {
        "profile": found.profile,
        "rules_version": found.rules_version,
        "trips": [_trip(trip, found.rules_version) for trip in found.trips],
        "stops": [_stop(stop, found.rules_version) for stop in found.stops],
        "moving": found.moving.tolist(),
    }


def _trip(trip: Trip, version: str) -> dict[str, Any]:
    return {
        "start": _time(trip.start_ms),
        "end": _time(trip.end_ms),
        "start_place": _place(trip.start),
        "end_place": _place(trip.end),
        "first_fix": trip.first_fix,
        "last_fix": trip.last_fix,
        "duration_s": trip.duration_s,
        "moving_s": trip.moving_s,
        "idle_s": trip.idle_s,
        "distance_m": trip.distance_m,
        "distance_source": trip.distance_source,
        "distance_why": trip.distance_why,
        "distance_gps_m": trip.distance_gps_m,
        "distance_odometer_m": trip.distance_odometer_m,
        "max_speed_kmh": trip.max_speed_kmh,
        "max_speed_source": trip.max_speed_source,
        "start_estimated": trip.start_estimated,
        "end_estimated": trip.end_estimated,
        "still_open": trip.still_open,
        "why_start": _why(trip.start_why, version),
        "why_end": _why(trip.end_why, version),
        "bridged": [_why(one, version) for one in trip.bridged],
    }


def _stop(stop: Stop, version: str) -> dict[str, Any]:
    return {
        "start": _time(stop.start_ms),
        "end": _time(stop.end_ms),
        "place": _place(stop.place),
        "duration_s": stop.duration_s,
        "still_open": stop.still_open,
        "why": _why(stop.why, version),
    }


def _why(reason: Reason, version: str) -> dict[str, Any]:
    return {"rule": reason.rule, "rules_version": version, "fixes": list(reason.fixes)}


def _place(place: Place) -> dict[str, float]:
    return {"lat": place.lat, "lon": place.lon}


def _time(time_ms: int) -> str:
    at = _EPOCH + timedelta(milliseconds=time_ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z".rjust(24, "0")
