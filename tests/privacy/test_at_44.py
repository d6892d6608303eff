"""AT-44: nothing but pages and devices' ports can be reached from outside; TLS is 1.2 or newer; who speaks in the clear
does so from the address range of the APN, and is counted.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from allconnects.kit import tls
from allconnects.kit.postgres import socket_dir_of
from tests.certificates import self_signed
from tests.chaos.platform import Platform, data_folder, platform
from tests.ports import HOST, free_port
from tests.privacy.listening import family, listening
from tests.telemetry.codecs import teltonika_frames as build
from tests.telemetry.gateway.running import PROTOCOLS, ended, gateway, login, receive, request
from tests.telemetry.gateway.test_admission import gt06_login
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.timeout(900)

APN, ELSEWHERE = "127.0.0.2", HOST
"""Both are this machine: one stands for the range of the APN, the other for the rest of the world."""
SECURE = ("teltonika-tls", "osmand-tls")
IMEI = "001002970000044"
EVERYWHERE = "0.0.0.0"
_ALERT, _HANDSHAKE, _SERVER_HELLO = b"\x15", b"\x16", b"\x02"
_PROTOCOL_VERSION = 70
GREETINGS = {
    "teltonika": login(IMEI),
    "gt06": gt06_login(IMEI),
    "osmand": request(f"/?id={IMEI}&lat=50.85&lon=4.35"),
    "owntracks": request("/", "POST", b'{"_type":"location","topic":"owntracks/at/44","lat":50.85,"lon":4.35,"tst":1}'),
}
"""What a device of each protocol says first; nobody has registered these."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform on its own database, whose gateway listens everywhere and hears plain sessions of the APN only."""
    certificate = self_signed(tmp_path_factory.mktemp("tls"))
    settings = {
        "gateway_host": EVERYWHERE,
        "gateway_plain_from": f"{APN}/32",
        "gateway_tls_cert": certificate,
        "gateway_tls_key": certificate,
        "frame_timeout_s": 600,
    }
    with data_folder() as home, platform(home, names=(*PROTOCOLS, *SECURE), **settings) as made:
        made.wait_ready()
        for name in PROTOCOLS:  # whoever asked whether it listens yet is counted before this one is ended
            assert spoken(made, name, ELSEWHERE) == b""
        yield made


def spoken(running: Platform, name: str, source: str) -> bytes:
    """What a device hears that says its greeting and no more, until the gateway ends it."""
    with socket.create_connection((HOST, running.ports[name]), PATIENCE_S, (source, 0)) as client:
        with suppress(OSError):  # ended before it could speak
            client.sendall(GREETINGS[name])
            client.shutdown(socket.SHUT_WR)
        return ended(client)


def counted(running: Platform) -> dict[str, float]:
    """How many were let in, by transport, and turned away, by reason."""
    status, text = running.get("/metrics")
    assert status == 200
    found = dict.fromkeys(("plain", "tls", "datagram", "refused plain", "refused unknown"), 0.0)
    for metric in text_string_to_metric_families(text):
        for sample in metric.samples:
            if sample.name == "allconnects_gateway_sessions_total":
                assert set(sample.labels) == {"transport"}
                found[sample.labels["transport"]] += sample.value
            elif sample.name == "allconnects_gateway_refused_total":
                key = f"refused {sample.labels['reason']}"
                found[key] = found.get(key, 0.0) + sample.value
    return found


def more(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What was counted between the two."""
    return {key: value - before.get(key, 0.0) for key, value in after.items() if value != before.get(key, 0.0)}


def test_the_processes_listen_for_strangers_on_the_ports_of_devices_only(running: Platform) -> None:
    assert until(lambda: {"gateway", "web", "worker", "postgres"} <= set(running.pids()))
    with running.connect() as connection:
        query = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'allconnects-jobs'"
        assert until(lambda: connection.execute(query).fetchone()), "the worker is there with all that it opens"
    assert listening(family(running.supervisor.pid)) == {
        ("tcp", HOST, running.port),
        *(("tcp", EVERYWHERE, port) for port in running.ports.values()),
        ("udp", EVERYWHERE, running.ports["teltonika"]),
    }


def test_at_another_address_of_the_machine_devices_are_heard_and_nothing_else(running: Platform) -> None:
    for port in running.ports.values():
        with socket.create_connection((APN, port), PATIENCE_S) as client:
            client.shutdown(socket.SHUT_WR)
            assert ended(client) == b"", "who says nothing hears nothing"
    with socket.socket() as client:
        assert client.connect_ex((APN, running.port)) == errno.ECONNREFUSED, "pages, and with them /metrics"


def test_the_database_has_a_socket_that_only_its_user_reaches(running: Platform) -> None:
    with running.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert stat.S_IMODE(socket_dir_of(running.home).stat().st_mode) == 0o700


def test_a_gateway_alone_shows_its_numbers_to_its_own_machine_only(database: None, tmp_path: Path) -> None:
    port = free_port()
    with gateway(tmp_path, self_signed(tmp_path), gateway_host=EVERYWHERE, metrics_port=port) as alone:
        wanted = {("tcp", HOST, port), ("udp", EVERYWHERE, alone.ports["teltonika"])}
        wanted |= {("tcp", EVERYWHERE, one) for one in alone.ports.values()}
        until(lambda: listening({alone.process.pid}) == wanted)
        assert listening({alone.process.pid}) == wanted


def hello(version: int) -> bytes:
    """A ClientHello that offers nothing newer than this version, whatever OpenSSL here would offer (RFC 5246)."""

    def counted_bytes(data: bytes, width: int = 2) -> bytes:
        return len(data).to_bytes(width, "big") + data

    offered = version.to_bytes(2, "big")
    ciphers = bytes.fromhex("c02b c009 c00a 00ff")  # ECDHE-ECDSA: AES-GCM of TLS 1.2, AES-CBC with SHA-1 of all before
    extensions = b"".join(
        kind.to_bytes(2, "big") + counted_bytes(bytes.fromhex(content))
        for kind, content in ((10, "0004 0017 001d"), (11, "01 00"), (13, "0004 0403 0203"))
    )
    body = offered + os.urandom(32) + b"\0" + counted_bytes(ciphers) + b"\1\0" + counted_bytes(extensions)
    return b"\x16\x03\x01" + counted_bytes(b"\x01" + counted_bytes(body, 3))


def answered(port: int, version: int) -> bytes:
    """The first 11 bytes that come back: of a ServerHello, up to its version; fewer where it only ends."""
    with socket.create_connection((HOST, port), PATIENCE_S) as client:
        client.sendall(hello(version))
        return receive(client, 11)


@pytest.mark.parametrize("name", SECURE)
def test_tls_before_1_2_is_refused(running: Platform, name: str) -> None:
    said = answered(running.ports[name], 0x0303)
    assert (said[:1], said[5:6], said[9:]) == (_HANDSHAKE, _SERVER_HELLO, b"\x03\x03"), "so the hello is a good one"
    for old in (0x0301, 0x0302):
        said = answered(running.ports[name], old)
        assert said[:1] in (b"", _ALERT), hex(old)


@pytest.mark.parametrize("old", [0x0301, 0x0302])
def test_it_is_refused_because_of_its_version(tmp_path: Path, old: int) -> None:
    """The gateway ends without a word; what it speaks with says why."""
    certificate = self_signed(tmp_path)
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = tls.context(certificate, certificate).wrap_bio(received, sent, server_side=True)
    received.write(hello(old))
    with pytest.raises(ssl.SSLError) as refusal:
        server.do_handshake()
    assert refusal.value.reason == "UNSUPPORTED_PROTOCOL"
    assert sent.read()[-1] == _PROTOCOL_VERSION


@pytest.mark.parametrize("name", SECURE)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_from_1_2_is_spoken_from_everywhere_and_counted(
    running: Platform, name: str, version: ssl.TLSVersion
) -> None:
    before = counted(running)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection((HOST, running.ports[name]), PATIENCE_S, (ELSEWHERE, 0)) as plain,
        context.wrap_socket(plain) as client,
    ):
        assert client.version() == version.name.replace("_", ".")
        client.sendall(GREETINGS[name.removesuffix("-tls")])
        assert receive(client, 1), "refused as a stranger, in its own protocol"
    assert more(before, counted(running)) == {"tls": 1, "refused unknown": 1}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_plain_session_from_elsewhere_is_ended_at_once_and_counted(running: Platform, name: str) -> None:
    before = counted(running)
    assert spoken(running, name, ELSEWHERE) == b""
    assert more(before, counted(running)) == {"refused plain": 1}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_plain_session_of_the_apn_is_heard_and_counted(running: Platform, name: str) -> None:
    before = counted(running)
    heard = spoken(running, name, APN)
    assert heard.startswith({"teltonika": b"\0", "gt06": b""}.get(name, b"HTTP/1.1 503 ")), "what a stranger hears"
    assert more(before, counted(running)) == {"plain": 1, "refused unknown": 1}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [(ELSEWHERE, {"refused plain": 1}), (APN, {"datagram": 1, "refused unknown": 1})],
    ids=["elsewhere", "apn"],
)
def test_a_datagram_is_a_plain_session_of_its_own(running: Platform, source: str, wanted: dict[str, float]) -> None:
    before = counted(running)
    content = build.body(8, [build.record(build.io_part(8, {}), time_ms=1_700_000_000_000)])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((source, 0))
        client.sendto(build.datagram(content, imei=IMEI), (HOST, running.ports["teltonika"]))
        until(lambda: more(before, counted(running)) == wanted)
    assert more(before, counted(running)) == wanted
