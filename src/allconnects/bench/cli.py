"""``allconnects bench``: speeds, each with its baseline in the same run."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the benchmarks."""
    bench = commands.add_parser("bench", help="measure speeds, each beside its baseline")
    names = bench.add_subparsers(title="benchmarks", metavar="NAME", required=True)
    ingest = names.add_parser("ingest", help="device messages to durable positions")
    ingest.add_argument("--json", action="store_true", help="print one JSON object")
    ingest.set_defaults(run=_ingest)
    store = names.add_parser("store", help="bytes a position sealed, hot and as plain rows; sealing and reading")
    store.add_argument("--json", action="store_true", help="print one JSON object")
    store.add_argument("--input", type=Path, metavar="FILE", help="CSV with time,lat,lon and further columns")
    store.set_defaults(run=_store)
    history = names.add_parser("history", help="one device-day and one device-month out of 100 million positions")
    history.add_argument("--json", action="store_true", help="print one JSON object")
    history.add_argument("--positions", type=_count, default=100_000_000, metavar="N", help="sealed positions")
    history.add_argument("--rows", type=_count, default=5_000_000, metavar="N", help="plain rows to compare with")
    history.set_defaults(run=_history)
    trips = names.add_parser("trips", help="positions to trips and stops")
    trips.add_argument("--json", action="store_true", help="print one JSON object")
    trips.set_defaults(run=_trips)
    report = names.add_parser("report", help="month overview of a fleet: from stored trips, and from raw positions")
    report.add_argument("--json", action="store_true", help="print one JSON object")
    report.add_argument("--vehicles", type=int, default=1000, help="how many, 1000 by default")
    report.add_argument("--positions", type=int, default=20_000_000, help="of all in a month, 20 million by default")
    report.set_defaults(run=_report)
    live = names.add_parser("map", help="frames a second of thousands of moving devices in a browser, and its stream")
    live.add_argument("--json", action="store_true", help="print one JSON object")
    live.add_argument("--devices", type=int, default=5000, metavar="N", help="how many of them (5000)")
    live.set_defaults(run=_map)
    pages = names.add_parser("pages", help="list pages and list operations at 5,000 vehicles and 2,000 people")
    pages.add_argument("--json", action="store_true", help="print one JSON object")
    pages.set_defaults(run=_pages)
    fences = names.add_parser("fences", help="positions against thousands of geofences")
    fences.add_argument("--json", action="store_true", help="print one JSON object")
    fences.set_defaults(run=_fences)
    erasure = names.add_parser("erasure", help="one person with millions of positions goes while the gateway ingests")
    erasure.add_argument("--json", action="store_true", help="print one JSON object")
    erasure.add_argument("--positions", type=_count, default=3_500_000, metavar="N", help="of the person (3.5 million)")
    erasure.set_defaults(run=_erasure)


def _erasure(arguments: argparse.Namespace) -> int:
    from allconnects.bench import erasure

    return erasure.run(as_json=arguments.json, positions=arguments.positions)


def _map(arguments: argparse.Namespace) -> int:
    from allconnects.bench import map as live_map

    return live_map.run(as_json=arguments.json, devices=arguments.devices)


def _pages(arguments: argparse.Namespace) -> int:
    from allconnects.bench import pages

    return pages.run(as_json=arguments.json)


def _ingest(arguments: argparse.Namespace) -> int:
    from allconnects.bench import ingest

    return ingest.run(as_json=arguments.json)


def _store(arguments: argparse.Namespace) -> int:
    from allconnects.bench import store

    return store.run(as_json=arguments.json, file=arguments.input)


def _count(text: str) -> int:
    number = int(text.replace("_", ""))
    if number < 1:
        raise ValueError
    return number


def _history(arguments: argparse.Namespace) -> int:
    from allconnects.bench import history

    return history.run(as_json=arguments.json, positions=arguments.positions, rows=arguments.rows)


def _trips(arguments: argparse.Namespace) -> int:
    from allconnects.bench import trips

    return trips.run(as_json=arguments.json)


def _fences(arguments: argparse.Namespace) -> int:
    from allconnects.bench import fences

    return fences.run(as_json=arguments.json)


def _report(arguments: argparse.Namespace) -> int:
    from allconnects.bench import report

    return report.run(as_json=arguments.json, vehicles=arguments.vehicles, positions=arguments.positions)
