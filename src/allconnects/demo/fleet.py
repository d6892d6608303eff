"""A simulated fleet: devices that drive through Belgium and report to a gateway over real sockets.

python -m allconnects.demo.fleet --host 127.0.0.1 --ports teltonika=5027,gt06=5023,osmand=5055,owntracks=5144
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from allconnects.demo.devices import DemoDevice, demo_devices, load_devices
from allconnects.demo.movement import STANDING_INTERVAL_S, Movement
from allconnects.demo.senders import Outbox, Sender
from allconnects.kit import clock
from allconnects.kit.errors import ConfigError

PORTS = {"teltonika": 5027, "gt06": 5023, "osmand": 5055, "owntracks": 5144}
SUMMARY_S = 60.0

_LONGEST_SLEEP_S = 30.0
_log = logging.getLogger(__name__)


async def run_fleet(devices: Sequence[DemoDevice], ports: Mapping[str, int], host: str, speedup: float = 1.0) -> None:
    """Simulate the devices until cancelled. ``ports``: of each protocol; ``speedup``: they drive as much faster.

    Raises ConfigError for a device whose protocol has no port or whose road does not exist.
    """
    missing = {device.protocol for device in devices} - set(ports)
    if missing:
        raise ConfigError(f"no port is given for {', '.join(sorted(missing))}")
    runners = [(Movement(device, speedup), Outbox(), device) for device in devices]
    senders = [Sender(device, host, ports[device.protocol], outbox) for _, outbox, device in runners]
    async with asyncio.TaskGroup() as group:
        for sender in senders:
            group.create_task(sender.run())
        for movement, outbox, device in runners:
            group.create_task(_report(device, movement, outbox))
        group.create_task(_summarise([outbox for _, outbox, _ in runners], senders))


async def _report(device: DemoDevice, movement: Movement, outbox: Outbox) -> None:
    """Measure every few seconds on the move, once a minute otherwise, and whenever the device starts or stops."""
    number, due = 0, math.ceil(clock.now_ms() / 1000)
    while True:
        wait = due - clock.now_ms() / 1000
        if wait > 0:
            await asyncio.sleep(min(wait, _LONGEST_SLEEP_S))
            continue
        number += 1
        fix = replace(movement.fix(due), number=number)
        outbox.add(fix)
        # After a sleep of the computer the missed reports are not made up: a device that was off has none.
        present = max(due, math.floor(clock.now_ms() / 1000) - _LONGEST_SLEEP_S)
        due = next_report_s(device, movement, int(present), moving=fix.moving)


def next_report_s(device: DemoDevice, movement: Movement, at_s: int, *, moving: bool) -> int:
    """The whole second of the next report after ``at_s``, on a grid that restarts do not shift."""
    interval = device.interval_s if moving else STANDING_INTERVAL_S
    grid = (at_s // interval + 1) * interval
    return min(grid, max(at_s + 1, math.ceil(movement.next_change_s(at_s))))


async def _summarise(outboxes: Sequence[Outbox], senders: Sequence[Sender]) -> None:
    while True:
        await asyncio.sleep(SUMMARY_S)
        _log.debug(
            "fleet: %d connected, %d delivered, %d waiting",
            sum(sender.connected for sender in senders),
            sum(outbox.delivered for outbox in outboxes),
            sum(map(len, outboxes)),
        )


def parse_ports(text: str) -> dict[str, int]:
    """Ports of protocols, as in ``teltonika=5027,gt06=5023``. Raises ConfigError."""
    ports = {}
    for part in text.split(","):
        protocol, _, port = part.strip().partition("=")
        if protocol not in PORTS or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ConfigError("ports are given as teltonika=5027,gt06=5023,osmand=5055,owntracks=5144")
        ports[protocol] = int(port)
    return ports


def main(argv: Sequence[str] | None = None) -> int:
    """Run the fleet until SIGTERM or SIGINT. Returns the exit status: 0, or 2 for bad arguments."""
    arguments = _arguments().parse_args(argv)
    if arguments.verbose:
        logging.basicConfig(level=logging.DEBUG)
    try:
        devices = load_devices(arguments.devices) if arguments.devices else demo_devices()
        ports = parse_ports(arguments.ports) if arguments.ports else PORTS
        asyncio.run(_until_told(devices, ports, arguments.host, arguments.speedup))
    except ConfigError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    return 0


async def _until_told(devices: Sequence[DemoDevice], ports: Mapping[str, int], host: str, speedup: float) -> None:
    fleet = asyncio.ensure_future(run_fleet(devices, ports, host, speedup))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, fleet.cancel)
    with suppress(asyncio.CancelledError):
        await fleet


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m allconnects.demo.fleet", description="A simulated fleet.")
    parser.add_argument("--host", default="127.0.0.1", help="where the gateway is")
    parser.add_argument("--ports", help="protocol=port,… (default: the usual ones)")
    parser.add_argument("--devices", type=Path, help="JSON file with other devices than the built-in ones")
    parser.add_argument("--speedup", type=float, default=1.0, help="how much faster than real they drive")
    parser.add_argument("--verbose", action="store_true", help="a line per minute on what was delivered")
    return parser


if __name__ == "__main__":
    sys.exit(main())
