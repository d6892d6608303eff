"""``allconnects import FILE`` and ``allconnects import traccar DATABASE``: history from elsewhere, for operators."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allconnects.kit.errors import InvalidInput

_SLICE_S = 1.0


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``import``."""
    parser = commands.add_parser("import", help="bring history in from a GPX or CSV file, or from Traccar")
    parser.add_argument("source", help="a file, or the word traccar")
    parser.add_argument("database", nargs="?", help="with traccar: postgresql://… or mysql://…; read only")
    parser.add_argument("--device", help="identifier of the device, where the rows of the file name none")
    parser.add_argument("--zone", default="UTC", help="time zone of Traccar's server (default: UTC)")
    parser.add_argument("--organisation", help="its short name; needed when there are several")
    parser.add_argument("--preview", action="store_true", help="say what would be done, and do nothing")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from allconnects.telemetry.cli import set_up

    if arguments.source != "traccar":
        return _file(set_up(arguments.organisation), arguments)
    if not arguments.database:
        raise InvalidInput("name the database of Traccar: allconnects import traccar postgresql://…")
    return _traccar(set_up(arguments.organisation), arguments)


def _file(organisation: Any, arguments: argparse.Namespace) -> int:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.telemetry.imports import problems, services
    from allconnects.telemetry.models import Device

    path = Path(arguments.source)
    try:
        source = path.open("rb")
    except OSError as error:
        raise InvalidInput(f"the file cannot be read: {(error.strerror or 'unknown').lower()}") from None
    with source, speaking_for(organisation.pk):
        device = Device.objects.filter(identifier=arguments.device).first() if arguments.device else None
        if arguments.device and device is None:
            raise InvalidInput("there is no device with that identifier")
        row = services.preview(organisation, path.name, source, device.pk if device else None)
        _tell(row.total, row.too_old, row.wrong)
        for line, words in problems.told(row.problems):
            print(f"  line {line}: {words}")
        (services.cancel if arguments.preview else services.start)(row.pk)
    while not arguments.preview:
        with speaking_for(organisation.pk):
            row = services.advance(row.pk, _SLICE_S)
        _progress(row)
        if row.stage != "running":
            return _ended(row)
    return 0


def _traccar(organisation: Any, arguments: argparse.Namespace) -> int:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.telemetry.imports import migrate, pieces, traccar

    digest, hot = traccar.fingerprint(arguments.database), pieces.writer()
    with traccar.opened(arguments.database, _zone(arguments.zone)) as source:
        with speaking_for(organisation.pk):
            planned = migrate.plan(source, digest)
            print(f"{len(planned.known)} devices are known, {len(planned.missing)} are new")
            _tell(planned.total, planned.too_old, 0)
            if arguments.preview:
                return 0
            row, ids, refused = migrate.begin(organisation, planned, digest, traccar.name_of(arguments.database))
        if refused:
            print(f"{len(refused)} devices were left out: their identifier is in use elsewhere")
        while row.stage == "running":
            with speaking_for(organisation.pk):
                row = migrate.step(row.pk, source, ids, hot)
            _progress(row)
    hot.close()
    return _ended(row)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput("this time zone is not known; one is Europe/Brussels") from None


def _tell(total: int, too_old: int, wrong: int) -> None:
    from allconnects.kit import config

    print(f"{total} positions, {wrong} rows that cannot be read")
    if too_old:
        days = config.current().position_days
        print(f"{too_old} positions are older than what is kept (usually {days} days) and are left out")


def _progress(row: Any) -> None:
    if sys.stderr.isatty():
        width = 30 * row.percent // 100
        sys.stderr.write(f"\r[{'#' * width}{'.' * (30 - width)}] {row.percent:3d} %  {row.done} of {row.total}")
        if row.stage != "running":
            sys.stderr.write("\n")


def _ended(row: Any) -> int:
    print(f"{row.stage}: {row.done} positions")
    return 0 if row.stage == "done" else 1
