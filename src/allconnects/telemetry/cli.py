"""``allconnects device``: devices from the command line, for operators and scripts."""

from __future__ import annotations

import argparse
from typing import Any

from allconnects.kit import db, rooms
from allconnects.kit.errors import NotFound

KINDS = ("vehicle", "phone", "material")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``device add|list|remove``."""
    device = commands.add_parser("device", help="add, list and remove devices")
    actions = device.add_subparsers(title="actions", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="register a device by the identifier that it sends (an IMEI, or an app's id)")
    add.add_argument("identifier")
    add.add_argument("--name", help="what people call it (the identifier's last digits by default)")
    add.add_argument("--kind", choices=KINDS, default="vehicle")
    add.add_argument("--secret", help="what a phone must send along; at least 12 characters")
    add.set_defaults(run=_run(_add))
    shown = actions.add_parser("list", help="list the devices of an organisation")
    shown.set_defaults(run=_run(_list))
    remove = actions.add_parser("remove", help="remove a device and all that it has sent")
    remove.add_argument("identifier")
    remove.set_defaults(run=_run(_remove))
    for parser in (add, shown, remove):
        parser.add_argument("--organisation", help="its short name; needed when there are several")


def _run(action: Any) -> Any:
    """Set Django up and run the action for one organisation."""

    def run(arguments: argparse.Namespace) -> int:
        organisation = set_up(arguments.organisation)
        from allconnects.accounts.tenancy import speaking_for

        with speaking_for(organisation.pk):
            action(organisation, arguments)
        return 0

    return run


def set_up(slug: str | None) -> Any:
    """Django as the role ``web``, and the organisation of that short name. Raises NotFound."""
    db.set_process_role("web")
    rooms.load()
    from allconnects.accounts.models import Organisation
    from allconnects.accounts.tenancy import speaking_for

    organisation = _organisation(slug)
    with speaking_for(organisation[0]):
        return Organisation.objects.get(pk=organisation[0])


def _organisation(slug: str | None) -> tuple[int, str]:
    with db.connect("owner") as connection:
        rows = connection.execute("SELECT id, slug FROM accounts_organisation ORDER BY id").fetchall()
    chosen = [row for row in rows if slug in (None, row[1])]
    if not rows:
        raise NotFound("there is no organisation yet; 'allconnects organisation create' makes one")
    if not chosen:
        raise NotFound("there is no organisation of that name")
    if len(chosen) > 1:
        raise NotFound("there are several organisations; name one with --organisation")
    return chosen[0]


def _add(organisation: Any, arguments: argparse.Namespace) -> None:
    from allconnects.telemetry import services

    name = arguments.name or f"Device {arguments.identifier[-4:]}"
    device = services.add_device(organisation, arguments.identifier, name, arguments.kind, arguments.secret)
    print(device.pk)


def _list(organisation: Any, arguments: argparse.Namespace) -> None:
    from allconnects.telemetry import listing

    for one in listing.list_devices()[0]:
        report = one.last_report.isoformat(timespec="seconds") if one.last_report else "-"
        print(f"{one.id}\t{one.identifier}\t{one.kind}\t{one.name}\t{one.state.name.lower()}\t{report}")


def _remove(organisation: Any, arguments: argparse.Namespace) -> None:
    from allconnects.telemetry import listing, services

    found = [one.id for one in listing.list_devices()[0] if one.identifier == arguments.identifier]
    if not found:
        raise NotFound("there is no device with that identifier")
    services.delete_device(found[0])
