"""``allconnects up`` and ``demo``: the whole platform as children of one process."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from allconnects.kit import config, tls
from allconnects.kit.errors import AllconnectsError, ConfigError
from allconnects.kit.processes import Child, Supervisor

_READY_WITHIN_S = 120.0
_PROBE_S = 0.5
CHECKED = "_ALLCONNECTS_CHECKED"
"""Set for children: it was looked already whether a backup brought erased people back."""


def up(*, demo: bool = False) -> int:
    """Start everything, say when it is ready, keep it alive until a signal. Returns the exit code."""
    settings = config.current()
    _prepare_home(settings.home)
    _check_ports(settings)
    if settings.gateway_tls_cert and settings.gateway_tls_key:
        tls.context(settings.gateway_tls_cert, settings.gateway_tls_key)
    environment = _environment(settings)
    with Supervisor() as supervisor:
        if not settings.database_url:
            _add_postgres(supervisor, settings.home)
        _step("migrate", environment)
        _refuse_returned()
        greeting = _step("demo-data" if demo else "greeting", environment)
        for child in _children(settings, environment, demo=demo):
            supervisor.add(child)
        supervisor.start()
        if supervisor.wait_ready(_READY_WITHIN_S):
            print(f"ready {_address(settings)} {greeting}".rstrip(), flush=True)  # noqa: T201
            supervisor.run()
    return 0


def _prepare_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "run").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the data folder ALLCONNECTS_HOME cannot be made: {error.strerror}") from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise ConfigError("the data folder ALLCONNECTS_HOME belongs to somebody else: it cannot be written")


def _check_ports(settings: config.Settings) -> None:
    """A port in use is said in one line before anything starts."""
    wanted = [("ALLCONNECTS_PORT", settings.host, settings.port)]
    wanted += [("ALLCONNECTS_GATEWAY_PORTS", settings.gateway_host, p) for p in settings.gateway_ports.values()]
    for name, host, port in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise ConfigError(f"port {port} cannot be opened ({error.strerror}); {name} sets another") from error


def _environment(settings: config.Settings) -> Mapping[str, str]:
    """Of the children: metrics of all processes meet in one folder."""
    folder = settings.home / "run" / "metrics"
    folder.mkdir(mode=0o700, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink(missing_ok=True)
    return {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder), "OPENBLAS_NUM_THREADS": "1", CHECKED: "1"}


def _refuse_returned() -> None:
    from allconnects.privacy.erasure import replay

    replay.check()


def _add_postgres(supervisor: Supervisor, home: Path) -> None:
    from allconnects.kit.postgres import EmbeddedPostgres

    postgres = EmbeddedPostgres(home)
    supervisor.add(postgres)
    postgres.start()


def _step(command: str, environment: Mapping[str, str]) -> str:
    """Run one of our own commands to its end. Raises with its own words when it fails."""
    done = subprocess.run(  # noqa: S603
        _argv(command), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise AllconnectsError(f"'allconnects {command}' did not succeed; what it said stands above")
    return done.stdout.strip()


def _argv(*command: str) -> list[str]:
    return [sys.executable, "-m", "allconnects", *command]


def _children(settings: config.Settings, environment: Mapping[str, str], *, demo: bool) -> list[Child]:
    host, port = _reachable(settings.host), settings.port
    ports = list(settings.gateway_ports.values())
    gateway_host = _reachable(settings.gateway_host)
    children = [
        Child("gateway", _argv("gateway"), environment, lambda: all(_open(gateway_host, p) for p in ports)),
        Child("web", _argv("web"), environment, lambda: _answers(host, port)),
        Child("worker", _argv("worker"), environment),
    ]
    if demo:
        children.append(Child("fleet", _argv("demo-fleet"), environment))
    return children


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _open(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_PROBE_S):
            return True
    except OSError:
        return False


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _address(settings: config.Settings) -> str:
    host = _reachable(settings.host)
    return settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
