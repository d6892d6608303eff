"""The gateway process: listens on the ports of the protocols until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import ssl
import sys
import threading
from functools import partial

import structlog
import uvloop

from allconnects.kit import config, db, tls
from allconnects.kit.errors import ConfigError
from allconnects.telemetry.codecs.registry import codec, is_http
from allconnects.telemetry.gateway.commands import Commands
from allconnects.telemetry.gateway.datagrams import DatagramEndpoint
from allconnects.telemetry.gateway.directory import Directory
from allconnects.telemetry.gateway.intake import WRITER_NAME, Intake
from allconnects.telemetry.gateway.limits import ConnectionLimits
from allconnects.telemetry.gateway.sessions import Gateway, Session, StreamSession
from allconnects.telemetry.gateway.web import WebSession
from allconnects.telemetry.live.bus import PostgresBus
from allconnects.telemetry.live.outbox import Outbox

log = structlog.get_logger()
_SWEEP_EVERY_S = 2.0
_BACKLOG = 4096
_MANY_FILES = 1 << 20
_OTHER_FILES = 100
"""Descriptors that are no device's connection: database, ports, logs."""


def run() -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code."""
    gc.freeze()
    uvloop.run(serve(config.current()))
    _leave_hanging_writers()
    return 0


def _leave_hanging_writers() -> None:
    """A database that does not answer keeps nobody here: what it has not confirmed was not acknowledged."""
    writers = [thread for thread in threading.enumerate() if thread.name.startswith(WRITER_NAME)]
    for thread in writers:
        thread.join(1.0)
    if any(thread.is_alive() for thread in writers):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


async def serve(settings: config.Settings) -> None:
    """Everything the gateway does; returns after a signal, when what was received is written."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    conninfo = db.conninfo("ingest", "allconnects-gateway")
    outbox = Outbox(PostgresBus(conninfo))
    directory = Directory(conninfo)
    gateway = Gateway(
        directory,
        Intake(conninfo, outbox.add),
        ConnectionLimits(
            total=min(settings.max_connections, _raise_file_limit() - _OTHER_FILES),
            per_address=settings.max_connections_per_address,
            per_organisation=settings.max_connections_per_organisation,
        ),
        settings.idle_timeout_s,
        settings.frame_timeout_s,
        settings.gateway_plain_from,
    )
    gateway.commands = Commands(conninfo, gateway)
    await gateway.intake.prepare()
    await directory.load()
    background = (directory.watch(), outbox.run(), gateway.commands.run(), _sweep(gateway))
    tasks = [asyncio.create_task(work) for work in background]
    try:
        servers = [await _listen(gateway, settings, name, port) for name, port in settings.gateway_ports.items()]
        log.info("gateway.listening", ports=settings.gateway_ports)
        await stop.wait()
        for server in servers:
            server.close()
        for session in list(gateway.sessions):
            session.pause()
        await gateway.intake.close()
    finally:
        for task in tasks:
            task.cancel()


async def _listen(gateway: Gateway, settings: config.Settings, name: str, port: int) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    protocol = codec(name.removesuffix(config.TLS))
    session: type[Session] = WebSession if is_http(protocol) else StreamSession
    factory = partial(session, gateway, protocol)  # type: ignore[arg-type]
    context = _tls(settings) if name.endswith(config.TLS) else None
    try:
        server = await loop.create_server(
            factory, settings.gateway_host, port, ssl=context, backlog=_BACKLOG,
            ssl_handshake_timeout=settings.frame_timeout_s if context else None,
        )  # fmt: skip
        if "udp" in protocol.manifest.transports and context is None:
            await loop.create_datagram_endpoint(
                lambda: DatagramEndpoint(gateway, protocol),  # type: ignore[arg-type]
                (settings.gateway_host, port),
            )
    except OSError as error:
        raise ConfigError(f"port {port} of {name} cannot be opened: {error.strerror}") from error
    return server


def _tls(settings: config.Settings) -> ssl.SSLContext:
    assert settings.gateway_tls_cert is not None
    assert settings.gateway_tls_key is not None
    return tls.context(settings.gateway_tls_cert, settings.gateway_tls_key)


async def _sweep(gateway: Gateway) -> None:
    while True:
        await asyncio.sleep(_SWEEP_EVERY_S)
        gateway.sweep()


def _raise_file_limit() -> int:
    """How many descriptors this process may hold, made as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
