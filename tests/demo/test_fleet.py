from __future__ import annotations

import asyncio
import itertools
import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from allconnects.demo.devices import DemoDevice, demo_devices
from allconnects.demo.fleet import main, next_report_s, parse_ports, run_fleet
from allconnects.demo.movement import Movement
from allconnects.kit.errors import ConfigError
from tests.waiting import PATIENCE_S, until

START = 1_795_000_000


def test_reports_every_interval_and_at_each_change() -> None:
    device = demo_devices()[0]
    movement = Movement(device)
    at, steps, moving = START, [], True
    while at < START + 3600:
        following = next_report_s(device, movement, at, moving=moving)
        assert following > at
        steps.append((moving, following - at))
        at, moving = following, movement.fix(following).moving
    assert all(step <= device.interval_s for moved, step in steps if moved)
    assert all(step <= 60 for moved, step in steps if not moved)
    ignitions = [movement.fix(second).ignition for second in range(START, START + 3600)]
    assert sum(one is not other for one, other in itertools.pairwise(ignitions)) >= 3


def test_ports() -> None:
    assert parse_ports("teltonika=1, osmand=65535") == {"teltonika": 1, "osmand": 65535}
    for bad in ("", "teltonika", "teltonika=0", "teltonika=x", "ship=5", "osmand=70000"):
        with pytest.raises(ConfigError):
            parse_ports(bad)


def test_bad_arguments_are_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--ports", "teltonika=zero"]) == 2
    assert main(["--devices", str(tmp_path / "none.json")]) == 2
    assert main(["--ports", "teltonika=5027"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 3)


def test_devices_of_all_protocols_knock() -> None:
    chosen: list[DemoDevice] = [demo_devices()[number] for number in (0, 4, 20, 21)]
    heard: dict[str, bytes] = {}

    async def scene() -> None:
        ports: dict[str, int] = {}
        servers = []
        for device in chosen:

            def answer(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, protocol: str = device.protocol
            ) -> asyncio.Task[None]:
                async def listen() -> None:
                    heard[protocol] = heard.get(protocol, b"") + await reader.read(200)
                    writer.close()

                return asyncio.ensure_future(listen())

            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            servers.append(server)
            ports[device.protocol] = server.sockets[0].getsockname()[1]
        fleet = asyncio.create_task(run_fleet(chosen, ports, "127.0.0.1"))
        async with asyncio.timeout(4 * PATIENCE_S):
            while len(heard) < 4:
                await asyncio.sleep(0.05)
        fleet.cancel()
        with suppress(asyncio.CancelledError):
            await fleet
        for server in servers:
            server.close()

    asyncio.run(scene())
    assert heard["teltonika"].startswith(b"\x00\x0f0010")
    assert heard["gt06"].startswith(b"\x78\x78\x0d\x01")
    assert heard["osmand"].startswith(b"GET /?id=demo-")
    assert heard["owntracks"].startswith(b"POST /pub HTTP/1.1")


def test_unknown_road_is_refused_at_once(tmp_path: Path) -> None:
    entry = {"identifier": "x", "name": "X", "kind": "phone", "protocol": "osmand"}
    file = tmp_path / "devices.json"
    file.write_text(json.dumps([entry | {"behaviour": "drive", "route": "m25"}]))
    assert main(["--devices", str(file)]) == 2


def _catches(pid: int, signum: int) -> bool:
    """Whether a process has a handler of its own for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signum - 1) & 1)


def test_sigterm_ends_the_process_cleanly() -> None:
    command = [sys.executable, "-m", "allconnects.demo.fleet", "--ports"]
    command.append("teltonika=9,gt06=9,osmand=9,owntracks=9")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert until(lambda: process.poll() is not None or _catches(process.pid, signal.SIGTERM))
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, b"")
