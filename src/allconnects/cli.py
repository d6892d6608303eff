"""The command ``allconnects``. Rooms bring their own commands; this page only lists them."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields

import psycopg

from allconnects.kit import config, db
from allconnects.kit.errors import AllconnectsError
from allconnects.supervisor import CHECKED

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Expected failures are one line on standard error and exit code 1."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # products are small: threads would spin on others' cores
    arguments = _parser().parse_args(argv)
    try:
        config.load(os.environ)  # a misspelt setting is told even by a command that needs none
        code: int = arguments.run(arguments)
        return code
    except AllconnectsError as error:
        print(f"allconnects: {error.message}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_unreachable(error):
            raise
        print("allconnects: the database does not answer: start it with 'allconnects up', or look at DATABASE_URL and "
              "ALLCONNECTS_HOME", file=sys.stderr)  # fmt: skip
        return 1


def _is_unreachable(error: Exception) -> bool:
    """Whether no connection came about, also when Django tells it in its own words."""
    cause = error.__cause__ or error
    return isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="allconnects", description="Maps the use of vehicles, teams and materials.", allow_abbrev=False
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, text, command in (
        ("up", "start the whole platform", _up),
        ("demo", "the same with a demo organisation and a simulated fleet", _demo),
    ):
        whole = _add(commands, name, text, command)
        whole.add_argument("--end-with-parent", action="store_true", help="stop when what started it ends")
    for name, text, command in (
        ("gateway", "only the gateway of devices", _gateway),
        ("web", "only pages and API", _web),
        ("worker", "only scheduled work", _worker),
        ("migrate", "make or update the database", _migrate),
    ):
        _add(commands, name, text, command)
    _add(commands, "openapi", "print the OpenAPI document of the API", _openapi)
    _add(commands, "settings", "list the settings and what they are now", _settings)
    _add(commands, "roles", "print the SQL for an administrator who makes the database roles by hand", _roles)
    _add_rooms(commands)
    for hidden, command in (
        ("greeting", _greeting),
        ("demo-data", _demo_data),
        ("demo-fleet", _demo_fleet),
        ("bench-session", _bench_session),
    ):
        commands.add_parser(hidden).set_defaults(run=command)
    erase = commands.add_parser("bench-erase")
    erase.add_argument("organisation", type=int)
    erase.add_argument("person")
    erase.set_defaults(run=_bench_erase)
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, run: Command
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _add_rooms(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from allconnects.accounts import cli as accounts
    from allconnects.bench import cli as bench
    from allconnects.billing import cli as billing
    from allconnects.privacy import cli as privacy
    from allconnects.privacy.vault import cli as vault
    from allconnects.telemetry import cli as telemetry
    from allconnects.telemetry.codecs import decode_cli
    from allconnects.telemetry.imports import cli as imports
    from allconnects.trips import cli as trips

    decode = commands.add_parser("decode", help="show what a device message means")
    decode_cli.add_arguments(decode)
    decode.set_defaults(run=decode_cli.run)
    accounts.add_commands(commands)
    telemetry.add_commands(commands)
    imports.add_commands(commands)
    vault.add_commands(commands)
    billing.add_commands(commands)
    privacy.add_commands(commands)
    trips.add_commands(commands)
    bench.add_commands(commands)


def _process(name: str, role: db.Role) -> None:
    from allconnects.kit import logs
    from allconnects.privacy.registry.places import places

    places()  # data rest nowhere that is not listed
    db.set_process_role(role)
    logs.setup(name)


def _opened() -> None:
    """Refuse where a backup brought erased people back; for its children ``up`` has looked already."""
    if not os.environ.get(CHECKED):
        from allconnects.privacy.erasure import replay

        replay.check()


def _up(_arguments: argparse.Namespace) -> int:
    return _whole(_arguments, demo=False)


def _demo(_arguments: argparse.Namespace) -> int:
    return _whole(_arguments, demo=True)


def _whole(arguments: argparse.Namespace, *, demo: bool) -> int:
    from allconnects import supervisor
    from allconnects.kit.spawn import end_with_parent

    if arguments.end_with_parent:
        end_with_parent(signal.SIGTERM)
    _process("supervisor", "owner")
    return supervisor.up(demo=demo)


def _gateway(_arguments: argparse.Namespace) -> int:
    _process("gateway", "ingest")
    _opened()
    from allconnects.kit import metrics
    from allconnects.telemetry.gateway import server

    metrics.serve()
    return server.run()


def _web(_arguments: argparse.Namespace) -> int:
    _process("web", "web")
    _opened()
    from allconnects.site import server

    return server.run()


def _worker(_arguments: argparse.Namespace) -> int:
    _process("worker", "web")
    _opened()
    from allconnects.kit import metrics, rooms

    rooms.load()  # what the worker does imports models
    from allconnects.site import worker

    metrics.serve()
    return worker.run()


def _migrate(_arguments: argparse.Namespace) -> int:
    _process("migrate", "owner")
    from allconnects.site.migrate import migrate

    migrate()
    return 0


def _openapi(_arguments: argparse.Namespace) -> int:
    from allconnects.kit import rooms

    config.current()
    rooms.load()
    from django.core.serializers.json import DjangoJSONEncoder

    from allconnects.site.api import api

    document = api.get_openapi_schema(path_prefix="/api/v1/")
    print(json.dumps(document, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder))
    return 0


def _roles(_arguments: argparse.Namespace) -> int:
    from allconnects.kit.bootstrap import statements_for_administrator

    print("\n".join(statements_for_administrator()))
    return 0


def _greeting(_arguments: argparse.Namespace) -> int:
    _process("greeting", "owner")
    from allconnects.site import greeting

    return greeting.run()


def _demo_data(_arguments: argparse.Namespace) -> int:
    _process("demo-data", "owner")
    from allconnects.demo import data

    return data.run()


def _bench_session(_arguments: argparse.Namespace) -> int:
    _process("bench", "owner")
    from allconnects.bench import session

    return session.run()


def _bench_erase(arguments: argparse.Namespace) -> int:
    _process("bench", "web")
    from allconnects.bench import erasure

    return erasure.carry_out(arguments.organisation, arguments.person)


def _demo_fleet(_arguments: argparse.Namespace) -> int:
    _process("fleet", "web")
    from allconnects.demo import fleet

    ports = ",".join(f"{name}={port}" for name, port in config.current().gateway_ports.items())
    return fleet.main(["--host", "127.0.0.1", "--ports", ports])


def _settings(_arguments: argparse.Namespace) -> int:
    settings = config.current()
    for field in fields(settings):
        value = getattr(settings, field.name)
        secret = field.name == "mollie_key" and value
        if secret or (field.name.endswith(("_url", "_mailbox")) and "@" in str(value)):
            value = "(set)"
        if isinstance(value, dict):
            value = ",".join(f"{k}={v}" for k, v in value.items())
        print(f"{config.PREFIX}{field.name.upper()}={value or ''}\n    {field.metadata['help']}")
    return 0
