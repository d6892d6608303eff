"""Delivery over real sockets, to small servers that misbehave in turn."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import anycrc
import pytest

from allconnects.demo import senders
from allconnects.demo.devices import DemoDevice, demo_devices
from allconnects.demo.movement import Fix, Movement
from allconnects.demo.senders import Outbox, Refused, Sender, read_status
from tests.waiting import PATIENCE_S

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
X25 = anycrc.Model("CRC16-IBM-SDLC")
ARC = anycrc.Model("CRC16-ARC")


def device_of(protocol: str) -> DemoDevice:
    return next(device for device in demo_devices() if device.protocol == protocol)


def some_fixes(count: int) -> list[Fix]:
    movement = Movement(device_of("teltonika"))
    return [replace(movement.fix(1_795_000_000 + 5 * number), number=number) for number in range(1, count + 1)]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(senders, "LONGEST_PAUSE_S", 0.05)


@asynccontextmanager
async def delivering(protocol: str, outbox: Outbox, serve: Serve) -> AsyncIterator[Sender]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(EOFError, OSError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = Sender(device_of(protocol), "127.0.0.1", port, outbox)
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        task.cancel()
        server.close()
        with suppress(asyncio.CancelledError):
            await task


async def emptied(outbox: Outbox) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(outbox):
            await asyncio.sleep(0.005)


async def avl_times(reader: asyncio.StreamReader) -> list[int]:
    """The times of the records of one packet, all of the same layout; checks length, counts and CRC."""
    zero, length = struct.unpack(">II", await reader.readexactly(8))
    data = await reader.readexactly(length)
    assert zero == 0
    assert int.from_bytes(await reader.readexactly(4), "big") == ARC.calc(data)
    count = data[1]
    size = (len(data) - 3) // count
    assert (data[0], data[-1], len(data) - 3) == (0x8E, count, size * count)
    return [struct.unpack_from(">Q", data, 2 + size * number)[0] for number in range(count)]


def test_teltonika_keeps_what_is_not_acknowledged() -> None:
    sent = some_fixes(45)
    taken: list[int] = []
    calls = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        assert await reader.readexactly(17) == b"\x00\x0f" + device_of("teltonika").identifier.encode()
        writer.write(b"\x00" if calls == 1 else b"\x01")
        if calls == 1:
            return
        while times := await avl_times(reader):
            if calls == 2:
                return
            writer.write((0 if calls == 3 else len(times)).to_bytes(4, "big"))
            if calls > 3:
                taken.extend(times)

    async def scene() -> None:
        outbox = Outbox()
        for fix in sent:
            outbox.add(fix)
        async with delivering("teltonika", outbox, serve) as sender:
            await emptied(outbox)
            assert sender.connected
        assert outbox.delivered == 45

    asyncio.run(scene())
    assert calls == 4
    assert taken == [fix.time_ms for fix in sent]


def test_gt06_waits_for_each_serial_number() -> None:
    sent = some_fixes(5)
    kinds: list[int] = []
    calls = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        while head := await reader.readexactly(3):
            rest = await reader.readexactly(head[2] + 2)
            body = head[2:] + rest[:-4]
            assert X25.calc(body) == int.from_bytes(rest[-4:-2], "big")
            answer = b"\x05" + body[1:2] + body[-2:]
            damage = calls == 1 and body[1] == 0x22
            crc = X25.calc(answer) ^ damage
            writer.write(b"\x78\x78" + answer + crc.to_bytes(2, "big") + b"\r\n")
            kinds.append(body[1])

    async def scene() -> None:
        outbox = Outbox()
        for fix in sent:
            outbox.add(fix)
        async with delivering("gt06", outbox, serve):
            await emptied(outbox)

    asyncio.run(scene())
    assert kinds == [0x01, 0x22, 0x01, 0x22, 0x22, 0x22, 0x22, 0x22]


@pytest.mark.parametrize("protocol", ["osmand", "owntracks"])
def test_phones_try_again_until_the_status_is_good(protocol: str) -> None:
    sent = some_fixes(4)
    statuses = iter([503, 400, 200, 200, 500, 200, 200])
    answers: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: "))
            await reader.readexactly(int(length.split(b" ")[1]))
            answers.append(next(statuses))
            writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n\r\n[]" % answers[-1])

    async def scene() -> None:
        outbox = Outbox()
        for fix in sent:
            outbox.add(fix)
        async with delivering(protocol, outbox, serve):
            await emptied(outbox)

    asyncio.run(scene())
    assert answers == [503, 400, 200, 200, 500, 200, 200]


def test_gateway_that_comes_later_gets_everything() -> None:
    async def scene() -> int:
        probe = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
        port = probe.sockets[0].getsockname()[1]
        probe.close()
        outbox = Outbox()
        outbox.add(some_fixes(1)[0])
        task = asyncio.create_task(Sender(device_of("osmand"), "127.0.0.1", port, outbox).run())
        await asyncio.sleep(0.1)
        assert len(outbox) == 1

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        async with await asyncio.start_server(serve, "127.0.0.1", port):
            await emptied(outbox)
        task.cancel()
        return outbox.delivered

    assert asyncio.run(scene()) == 1


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    async def scene() -> None:
        outbox = Outbox(memory=3)
        for fix in some_fixes(5):
            outbox.add(fix)
        assert [fix.number for fix in await outbox.oldest(10)] == [3, 4, 5]
        outbox.drop_to((await outbox.oldest(2))[-1])
        assert [fix.number for fix in await outbox.oldest(10)] == [5]
        outbox.drop_to((await outbox.oldest(1))[0])
        assert await outbox.oldest(1, patience_s=0.01) == []

    asyncio.run(scene())


@pytest.mark.parametrize(
    "answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"]
)
def test_answer_that_is_none(answer: bytes) -> None:
    async def scene() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(answer)
        reader.feed_eof()
        await read_status(reader)

    with pytest.raises(Refused):
        asyncio.run(scene())
