"""What hostile, broken and slow senders do to a gateway: nothing to the others, and it does not grow."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from allconnects.kit import clock
from allconnects.kit.processes import Child
from allconnects.telemetry.gateway.intake import CLOSE_PATIENCE_S
from tests.telemetry.codecs import teltonika_frames as build
from tests.telemetry.gateway.running import (
    Running,
    ended,
    gateway,
    login,
    packet,
    quiet,
    receive,
    request,
    status,
)
from tests.telemetry.gateway.test_admission import ELSEWHERE, gt06_login, osmand
from tests.telemetry.store.hot import Yard
from tests.waiting import PATIENCE_S, until

FRAME_TIMEOUT_S = 3
IDLE_TIMEOUT_S = 8


@pytest.fixture(scope="session")
def impatient_gateway(database: None, tmp_path_factory: pytest.TempPathFactory, certificate: Any) -> Iterator[Running]:
    """A gateway with short patience for messages, for those tests here that try it."""
    with gateway(tmp_path_factory.mktemp("impatient"), certificate, frame_timeout_s=FRAME_TIMEOUT_S) as running:
        yield running


@pytest.fixture
def impatient(impatient_gateway: Running) -> Iterator[Running]:
    """The same; a test may not make it log an error or die."""
    before = len(impatient_gateway.errors())
    yield impatient_gateway
    impatient_gateway.close_all()
    assert impatient_gateway.errors()[before:] == []
    assert impatient_gateway.process.poll() is None


def served(tracker: socket.socket) -> None:
    """Wait until a packet is acknowledged."""
    tracker.sendall(packet([clock.now_ms()]))
    assert receive(tracker, 4) == b"\0\0\0\1"


@pytest.fixture
def tracker(impatient: Running, register: Callable[..., int], imei: str) -> socket.socket:
    """Another organisation's tracker, which must not notice anything."""
    register(imei)
    return impatient.tracker(imei, source=ELSEWHERE)


def test_who_does_not_name_itself_is_ended(impatient: Running) -> None:
    clients = [impatient.connect(protocol) for protocol in ("teltonika", "gt06", "osmand", "owntracks")]
    assert [ended(client) for client in clients] == [b""] * 4


@pytest.mark.parametrize("chatter", [b"\xff", b"\x00"], ids=["keepalives", "zeros"])
def test_a_byte_a_second_is_no_way_to_stay(impatient: Running, chatter: bytes) -> None:
    """A keepalive is a whole message, and still says nothing of who sends it."""
    client = impatient.connect("teltonika")
    client.settimeout(FRAME_TIMEOUT_S / 6)

    def is_ended() -> bool:
        try:
            client.sendall(chatter)
            return client.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    assert until(is_ended)


def test_a_tracker_that_falls_silent_is_ended_and_one_that_lives_is_not(
    database: None, tmp_path: Any, certificate: Any, yard: Yard
) -> None:
    devices = [yard.device() for _ in range(2)]
    _name_as_trackers(yard)
    with gateway(tmp_path, certificate, idle_timeout_s=IDLE_TIMEOUT_S) as running:
        silent, alive = (running.tracker(_imei(device.id)) for device in devices)

        def is_ended() -> bool:
            served(alive)
            return not quiet(silent, 0.5)

        assert until(is_ended)
        assert quiet(alive)


@pytest.mark.parametrize("protocol", ["teltonika", "osmand"])
def test_half_a_message_ends_its_connection(
    impatient: Running, register: Callable[..., int], imei: str, protocol: str
) -> None:
    register(imei)
    if protocol == "teltonika":
        client, half = impatient.tracker(imei), packet([clock.now_ms()])[:30]
    else:
        client, half = impatient.connect("osmand"), osmand(imei)[:40]
    client.sendall(half)
    assert ended(client) == b""


@pytest.mark.parametrize("protocol", ["teltonika", "gt06", "osmand", "owntracks", "teltonika-tls"])
def test_garbage_ends_its_connection_and_nothing_else(
    impatient: Running, tracker: socket.socket, protocol: str
) -> None:
    noise = random.Random(protocol)
    for size in (1, 7, 100, 5000, 300_000):
        client = impatient.connect(protocol)
        with contextlib.suppress(ConnectionError):
            client.sendall(noise.randbytes(size))
        client.close()
    served(tracker)


def test_giant_lengths_are_refused_and_not_waited_for(
    running: Running, register: Callable[..., int], imei: str
) -> None:
    register(imei)
    for claim in (b"\0\0\0\0\x7f\xff\xff\xff", b"\0\0\0\0\xff\xff\xff\xff", b"\0\0\0\0\0\1\0\0"):
        client = running.tracker(imei)
        client.sendall(claim)
        assert ended(client) == b""
    client = running.connect("osmand")
    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
    assert status(client) == 413
    client = running.connect("osmand")
    with contextlib.suppress(ConnectionError):
        client.sendall(b"GET /?" + b"a" * 60_000)
    assert ended(client).split()[1:2] in ([b"431"], [b"400"], [b"414"], [])
    served(running.tracker(imei))


def test_a_thousand_that_send_a_byte_a_second_harm_nobody(impatient: Running, tracker: socket.socket) -> None:
    """They are ended in their time, those after them too; meanwhile others are served."""
    served(tracker)
    before, noise = impatient.rss_mb(), random.Random(1)
    ends, deadline = 0, time.monotonic() + 2 * PATIENCE_S
    with contextlib.ExitStack() as stack:
        crowd: list[socket.socket] = []
        while ends <= 1000 and time.monotonic() < deadline:
            while len(crowd) < 1000:
                client = stack.enter_context(socket.socket())
                client.connect(("127.0.0.1", impatient.ports[noise.choice(("teltonika", "gt06", "osmand"))]))
                client.setblocking(False)
                crowd.append(client)
            left = [client for client in crowd if _drips(client, noise)]
            ends += len(crowd) - len(left)
            crowd = left
            served(tracker)
            time.sleep(0.7)
    assert ends > 1000
    assert impatient.rss_mb() - before < 30


def _drips(client: socket.socket, noise: random.Random) -> bool:
    """Send one byte of a message that could become one; whether the connection is still there."""
    try:
        client.send(noise.choice((b"\0", b"\x78", b"G")))
        return client.recv(10) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_answers_that_nobody_takes_do_not_pile_up(
    impatient: Running, tracker: socket.socket, register: Callable[..., int], imei: str
) -> None:
    """Strangers that ask on and on without reading are ended; a device that does is held back (its answers are
    small: the system's buffers take a long time to fill)."""
    register(f"3{imei[1:]}")
    before = impatient.rss_mb()
    deaf = [(impatient.connect("osmand"), request("/?id=nobody-at-all") * 20) for _ in range(5)]
    known = impatient.connect("gt06")
    known.sendall(gt06_login(f"3{imei[1:]}"))
    assert receive(known, 10)[:2] == b"\x78\x78"
    deaf.append((known, _heartbeat() * 500))
    # Patience begins when the system's buffers are full, which takes longer on a busy machine.
    sent, deadline = 0, time.monotonic() + 4 * PATIENCE_S
    for client, _ in deaf:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
    pushing, due = list(deaf), time.monotonic()
    while any(client is not known for client, _ in pushing) and time.monotonic() < deadline:
        for client, data in list(pushing):
            try:
                sent += client.send(data)
            except BlockingIOError:
                pass
            except OSError:
                pushing.remove((client, data))
        time.sleep(0.001)
        if time.monotonic() > due:
            due = time.monotonic() + 1
            served(tracker)
    assert sent > 1_000_000
    assert {client for client, _ in pushing} <= {known}
    assert impatient.rss_mb() - before < 60


def _heartbeat() -> bytes:
    from tests.telemetry.gateway.test_admission import crc_x25

    body = b"\x0a\x13\x40\x04\x04\x00\x02\x00\x01"
    return b"\x78\x78" + body + crc_x25(body).to_bytes(2, "big") + b"\r\n"


def test_requests_in_a_row_are_answered_in_their_order(running: Running, register: Callable[..., int]) -> None:
    """Stored ones wait for their commit; those that need none may not overtake them."""
    identifier = f"row-{clock.now_ms()}"
    register(identifier)
    wrong, unknown = request("/?nothing=1"), request("/?id=unknown-in-a-row&lat=1&lon=1")
    client = running.connect("osmand")
    client.sendall((osmand(identifier) + wrong + unknown) * 10)
    codes = [status(client) for _ in range(30)]
    assert codes[0] == 200
    assert codes == codes[:3] * 10
    assert codes[1] >= 400
    assert codes[2] >= 400


@pytest.mark.parametrize("how", ["teltonika", "osmand", "requests"])
def test_who_closes_its_side_still_gets_its_answers(
    running: Running, register: Callable[..., int], imei: str, how: str
) -> None:
    register(imei)
    if how == "teltonika":
        client = running.tracker(imei)
        client.sendall(packet([clock.now_ms()]) + packet([clock.now_ms() + 1]))
    else:
        client = running.connect("osmand")
        client.sendall(osmand(imei) * (1 if how == "osmand" else 5))
    client.shutdown(socket.SHUT_WR)
    answers = ended(client)
    if how == "teltonika":
        assert answers == b"\0\0\0\1" * 2
    else:
        assert answers.count(b"HTTP/1.1 200") == (1 if how == "osmand" else 5)


def test_two_packets_in_one_piece_and_one_in_many(running: Running, register: Callable[..., int], imei: str) -> None:
    register(imei)
    tracker, now = running.tracker(imei), clock.now_ms()
    tracker.sendall(packet([now, now + 1]) + packet([now + 2]))
    assert receive(tracker, 8) == b"\0\0\0\2\0\0\0\1"
    for octet in packet([now + 3]):
        tracker.sendall(bytes([octet]))
    assert receive(tracker, 4) == b"\0\0\0\1"


@contextlib.contextmanager
def database_away() -> Iterator[None]:
    """Nobody new gets in, and whoever serves the gateway's is thrown out."""
    from allconnects.kit import db

    server = os.environ.get("ALLCONNECTS_TEST_DATABASE_URL") or db.admin_conninfo()
    with psycopg.connect(server, autocommit=True) as admin:
        name = conninfo_to_dict(db.conninfo("owner"))["dbname"]
        try:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE application_name = 'allconnects-gateway' AND datname = %s",
                (name,),
            )
            yield
        finally:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def test_while_the_database_is_away_nothing_is_acknowledged_and_memory_is_bounded(
    database: None, tmp_path: Any, certificate: Any, yard: Yard
) -> None:
    devices = [yard.device() for _ in range(8)]
    phone = yard.device()
    _name_as_trackers(yard, phone.id)
    with gateway(tmp_path, certificate, frame_timeout_s=2) as running:
        trackers = [running.tracker(_imei(device.id)) for device in devices]
        for tracker in trackers:
            served(tracker)
        before = running.rss_mb()
        with database_away():
            sent = _push(trackers, least=8_000_000)
            asking = running.connect("osmand")
            asking.sendall(osmand(phone.identifier) * 3)
            assert all(quiet(tracker, 0.02) for tracker in trackers)
            assert quiet(asking)
            grown = running.rss_mb() - before
        assert sum(sent) > 8_000_000, "they could push on until their sockets were full"
        assert grown < 120
        assert [status(asking) for _ in range(3)] == [200] * 3
        for tracker, device, count in zip(trackers, devices, sent, strict=True):
            whole = count // len(_big_packet(0))
            assert receive(tracker, 4 * whole) == b"\0\0\0\xff" * whole
            assert len(set(yard.times(device))) == len(yard.times(device)) >= 255 * min(whole, 1)
        assert [e["event"] for e in running.errors()] == []


def _big_packet(number: int) -> bytes:
    """255 records a second apart; each packet of a tracker has times of its own."""
    first = clock.now_ms() // 1000 * 1000 - 80_000_000 + number * 255_000
    io = build.io_part(0x8E, {1: [(239, 1)], 2: [(66, 12_500)], 4: [(16, number)]})
    return build.frame(build.body(0x8E, [build.record(io, time_ms=first + n * 1000) for n in range(255)]))


def _name_as_trackers(yard: Yard, but: int = 0) -> None:
    """The devices of this organisation call themselves as trackers do."""
    yard.owner.execute(
        "UPDATE telemetry_device SET identifier = '00100298' || lpad(id::text, 7, '0') WHERE organisation_id = %s "
        "AND id <> %s", (yard.organisation, but),
    )  # fmt: skip


def _imei(device: int) -> str:
    return f"00100298{device:07d}"


def _push(trackers: list[socket.socket], least: int) -> list[int]:
    """Send whole packets until so many bytes went and no socket takes more; how many bytes each tracker sent."""
    sent, rest = [0] * len(trackers), [b""] * len(trackers)
    packets = [_big_packet(number) for number in range(100)]
    deadline, taken = time.monotonic() + PATIENCE_S, time.monotonic()
    for tracker in trackers:
        tracker.setblocking(False)
    while time.monotonic() < deadline and (sum(sent) < least or time.monotonic() < taken + 0.5):
        for index, tracker in enumerate(trackers):
            if not rest[index]:
                rest[index] = packets[sent[index] // len(packets[0]) % 100]
            with contextlib.suppress(BlockingIOError):
                count = tracker.send(rest[index])
                sent[index] += count
                rest[index] = rest[index][count:]
                taken = time.monotonic()
        time.sleep(0.0005)
    for tracker in trackers:
        tracker.settimeout(2 * PATIENCE_S)
    return sent


def test_a_gateway_ends_on_request_while_the_database_hangs(
    database: None, tmp_path: Any, certificate: Any, yard: Yard
) -> None:
    """What is not stored is not acknowledged, and the process goes while the database still hangs."""
    from allconnects.kit import db

    device = yard.device()
    with gateway(tmp_path, certificate) as running, psycopg.connect(db.conninfo("owner")) as lock:
        client = running.connect("osmand")
        client.sendall(osmand(device.identifier))
        assert status(client) == 200
        lock.execute("LOCK TABLE telemetry_position IN ACCESS EXCLUSIVE MODE")
        client.sendall(osmand(device.identifier))
        assert quiet(client)
        running.process.terminate()
        assert until(lambda: running.process.poll() is not None), "it hangs"
        assert ended(client) == b""
    assert 0 < CLOSE_PATIENCE_S < Child("gateway", []).grace_s, "its supervisor waits no longer"


def test_a_gateway_that_is_told_to_stop_answers_what_it_has(
    database: None, tmp_path: Any, certificate: Any, yard: Yard
) -> None:
    device = yard.device()
    with gateway(tmp_path, certificate) as running:
        client = running.connect("osmand")
        client.sendall(osmand(device.identifier))
        running.process.terminate()
        answer = ended(client)
        assert running.process.wait(PATIENCE_S) == 0
        stored = len(yard.times(device))
        assert (answer[:12] == b"HTTP/1.1 200") <= (stored == 1)


def test_login_and_data_in_one_piece(running: Running, register: Callable[..., int], imei: str) -> None:
    register(imei)
    client = running.connect("teltonika")
    client.sendall(login(imei) + packet([clock.now_ms()]))
    assert receive(client, 5) == b"\x01\0\0\0\1"
