"""Commands of the operator: found an organisation, make a token."""

from __future__ import annotations

import argparse
from typing import Any

from allconnects.kit import config, db, rooms
from allconnects.kit.errors import NotFound

Commands = Any
"""What ``argparse`` returns from ``add_subparsers``; its class is not public."""


def add_commands(commands: Commands) -> None:
    """Add ``organisation`` and ``token`` to a command line."""
    text = "found an organisation and print the invitation link of its first owner"
    organisations = _group(commands, "organisation", "organisations")
    create = organisations.add_parser("create", help=text, description=text)
    create.add_argument("name", metavar="NAME")
    create.add_argument("--owner", metavar="EMAIL", default="", help="without one nobody can look into it")
    create.set_defaults(run=create_organisation)
    text = "show the devices that nobody has registered to this organisation, and to no other"
    give = organisations.add_parser("take-unknown", help=text, description=text)
    give.add_argument("slug", metavar="SLUG")
    give.set_defaults(run=give_unknown_devices)
    text = "make an API token and print it, this once"
    token = _group(commands, "token", "API tokens").add_parser("create", help=text, description=text)
    token.add_argument("--organisation", metavar="SLUG", required=True)
    token.add_argument("--scopes", metavar="SCOPE,…", required=True)
    token.add_argument("--name", metavar="NAME", required=True)
    token.set_defaults(run=create_token)

    text = "let an account of the operator's staff ask customers for access"
    support = _group(commands, "support", "staff who help customers")
    add = support.add_parser("add", help=text, description=text)
    add.add_argument("email", metavar="EMAIL")
    add.set_defaults(run=change_supporter, add=True)
    text = "take that away; what customers granted ends at once"
    remove = support.add_parser("remove", help=text, description=text)
    remove.add_argument("email", metavar="EMAIL")
    remove.set_defaults(run=change_supporter, add=False)


def _group(commands: Commands, name: str, text: str) -> Commands:
    parser = commands.add_parser(name, help=text, description=text)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def create_organisation(arguments: argparse.Namespace) -> int:
    """``allconnects organisation create NAME [--owner EMAIL]``: prints the slug, and the link for the owner."""
    _as_owner()
    from allconnects.accounts import services
    from allconnects.accounts.mail import invitation_link

    organisation, secret = services.create_organisation(arguments.name, arguments.owner)
    print(f"{organisation.slug} {invitation_link(secret)}" if secret else organisation.slug)
    return 0


def give_unknown_devices(arguments: argparse.Namespace) -> int:
    """``allconnects organisation take-unknown SLUG``."""
    _as_owner()
    from allconnects.accounts import services

    services.give_unknown_devices(arguments.slug)
    return 0


def create_token(arguments: argparse.Namespace) -> int:
    """``allconnects token create --organisation SLUG --scopes a,b --name N``: prints the token."""
    _as_owner()
    from allconnects.accounts import services
    from allconnects.accounts.models import Organisation

    organisation = Organisation.objects.filter(slug=arguments.organisation).first()
    if organisation is None:
        raise NotFound("there is no organisation with that slug")
    scopes = [scope.strip() for scope in arguments.scopes.split(",")]
    print(services.create_token(organisation, arguments.name, scopes)[1])
    return 0


def change_supporter(arguments: argparse.Namespace) -> int:
    """``allconnects support add EMAIL`` and ``remove``."""
    _as_owner()
    from allconnects.accounts.models import Account, Supporter

    account = Account.objects.filter(email=arguments.email.strip().lower()).first()
    if account is None:
        raise NotFound("there is no account with that address")
    if arguments.add:
        Supporter.objects.get_or_create(account=account)
    else:
        Supporter.objects.filter(account=account).delete()
    return 0


def _as_owner() -> None:
    """These commands are for whoever runs the platform: no tenant speaks here."""
    config.current()
    db.set_process_role("owner")
    rooms.load()
