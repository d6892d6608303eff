"""Numbers of a process that runs alone; those that ``up`` starts share a folder, which the web process shows."""

from __future__ import annotations

import os

from prometheus_client import start_http_server

from allconnects.kit import config
from allconnects.kit.errors import ConfigError


def serve() -> None:
    """Show /metrics on 127.0.0.1 when a port is set. Raises ConfigError when it is taken."""
    port = config.current().metrics_port
    if port is None or os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return
    try:
        start_http_server(port, addr="127.0.0.1")
    except OSError as error:
        raise ConfigError(f"port {port} of ALLCONNECTS_METRICS_PORT cannot be opened: {error.strerror}") from error
