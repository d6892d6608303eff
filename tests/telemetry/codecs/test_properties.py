"""What holds of every codec, whatever it is sent."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from types import FrameType
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allconnects.telemetry.codecs.base import Codec, CodecError, HttpCodec, Message, Request
from allconnects.telemetry.codecs.decode_cli import iso, position_json
from allconnects.telemetry.codecs.registry import PROTOCOLS, codec, codecs, is_http, is_stream
from tests.telemetry.codecs import teltonika_frames as teltonika

STREAMS = ("teltonika", "gt06")
HTTPS = ("osmand", "owntracks")
BOUNDED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def stream(protocol: str) -> Codec:
    found = codec(protocol)
    assert is_stream(found)
    return found


def http(protocol: str) -> HttpCodec:
    found = codec(protocol)
    assert is_http(found)
    return found


def test_every_protocol_is_covered_here() -> None:
    assert set(STREAMS) | set(HTTPS) == set(PROTOCOLS)
    assert all(is_http(http(name)) for name in HTTPS)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_manifests_say_what_there_is(protocol: str) -> None:
    manifest = codecs()[protocol].manifest
    assert manifest.name == protocol
    assert manifest.title
    assert manifest.source
    assert 1024 <= manifest.port < 65_536
    assert manifest.transports
    ports = [found.manifest.port for found in codecs().values() if not is_http(found)]
    assert len(set(ports)) == len(ports)


# --- frames that look real ---------------------------------------------------------------------------------


def crc_x25(data: bytes) -> int:
    crc = 0xFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return crc ^ 0xFFFF


def gt06_frame(kind: int, content: bytes, *, long: bool = False, serial: int = 1) -> bytes:
    inner = bytes((kind,)) + content + serial.to_bytes(2, "big")
    size = (len(inner) + 2).to_bytes(2 if long else 1, "big")
    return (b"yy" if long else b"xx") + size + inner + crc_x25(size + inner).to_bytes(2, "big") + b"\r\n"


@st.composite
def teltonika_frames(draw: st.DrawFn) -> bytes:
    codec_id = draw(st.sampled_from((8, 0x8E, 16, 7, 12, 13, 14)))
    if codec_id in (7, 12, 13, 14):
        return teltonika.frame(bytes((codec_id,)) + draw(st.binary(min_size=2, max_size=120)))
    ids = st.integers(0, 255 if codec_id == 8 else 0xFFFF)
    known = st.sampled_from((1, 66, 71, 72, 78, 85, 239, 253))
    groups = {
        width: draw(st.lists(st.tuples(known | ids, st.integers(0, (1 << 8 * width) - 1)), max_size=4))
        for width in teltonika.WIDTHS
    }
    texts = st.tuples(st.sampled_from((256, 281, 385, 387, 548, 11_317)) | ids, st.binary(max_size=60))
    variable = draw(st.lists(texts, max_size=3)) if codec_id == 0x8E else []
    io = teltonika.io_part(codec_id, groups, variable)
    head = {"lat": draw(st.integers(-(2**31), 2**31 - 1)), "time_ms": draw(st.integers(-(2**63), 2**63 - 1))}
    content = teltonika.body(codec_id, [teltonika.record(io, **head)] * draw(st.integers(0, 3)))
    return teltonika.frame(content) if draw(st.booleans()) else teltonika.datagram(content)


@st.composite
def gt06_frames(draw: st.DrawFn) -> bytes:
    long = draw(st.booleans())
    content = draw(st.binary(max_size=200))
    return gt06_frame(draw(st.integers(0, 255)), content, long=long, serial=draw(st.integers(0, 65_535)))


REAL = {"teltonika": teltonika_frames(), "gt06": gt06_frames()}


@st.composite
def mutated(draw: st.DrawFn, frames: st.SearchStrategy[bytes]) -> bytes:
    data = bytearray(draw(frames))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        change = draw(st.integers(0, 2))
        if change == 0 and data:
            data[at] = draw(st.integers(0, 255))
        elif change == 1:
            del data[at : at + draw(st.integers(1, 8))]
        else:
            data[at:at] = draw(st.binary(max_size=8))
    return bytes(data)


# --- no input raises anything but CodecError ---------------------------------------------------------------


def usable(message: Message) -> None:
    """What the gateway, the store and a program reading JSON rely on."""
    for position in message.positions:
        if position.time_ms is not None:
            assert type(position.time_ms) is int
            assert iso(position.time_ms)
        assert (position.lat is None) is (position.lon is None)
        if position.lat is not None and position.lon is not None:
            assert -90 <= position.lat <= 90
            assert -180 <= position.lon <= 180
        else:
            assert not position.valid
        text = json.dumps(position_json(position), allow_nan=False, ensure_ascii=False)
        storable(text)
    storable(json.dumps([message.device_ids, message.secret], ensure_ascii=False))
    assert isinstance(message.reply, bytes)
    assert isinstance(message.refusal, bytes)


def storable(text: str) -> None:
    assert text.encode("utf-8"), "no lone surrogates: databases and files take UTF-8"
    assert "\\u0000" not in text, "no zero character: PostgreSQL does not take it in text"


def exercise(protocol: str, data: bytes) -> int:
    """Sends bytes to all that takes bytes; how many messages came out."""
    speaker, taken = stream(protocol), 0
    with suppress(CodecError):
        length = speaker.frame(data)
        assert 0 <= length <= min(len(data), speaker.max_frame)
        assert speaker.frame(memoryview(b"\xa5" + data), 1) == length
    decoders = [speaker.decoder()]
    if "udp" in speaker.manifest.transports:
        decoders.append(speaker.datagram_decoder())
    for decoder in decoders:
        with suppress(CodecError):
            usable(decoder.decode(data))
            taken += 1
    return taken


@pytest.mark.parametrize("protocol", STREAMS)
@given(data=st.binary(max_size=400))
@BOUNDED
def test_any_bytes_are_a_message_or_a_codec_error(protocol: str, data: bytes) -> None:
    exercise(protocol, data)


@pytest.mark.parametrize("protocol", STREAMS)
@given(drawn=st.data())
@BOUNDED
def test_frames_that_look_real_are_too(protocol: str, drawn: st.DataObject) -> None:
    exercise(protocol, drawn.draw(mutated(REAL[protocol])))


@pytest.mark.parametrize("protocol", STREAMS)
@given(drawn=st.data())
@BOUNDED
def test_a_decoder_survives_what_it_refused(protocol: str, drawn: st.DataObject) -> None:
    decoder = stream(protocol).decoder()
    for data in drawn.draw(st.lists(REAL[protocol] | st.binary(max_size=60), max_size=6)):
        with suppress(CodecError):
            usable(decoder.decode(data))


def test_the_frames_that_look_real_reach_the_decoders() -> None:
    assert exercise("teltonika", teltonika.frame(teltonika.body(8, [teltonika.record(bytes(6))])))
    assert exercise("gt06", gt06_frame(0x13, bytes.fromhex("0506040001")))


def test_every_kind_of_gt06_message_takes_any_content() -> None:
    decoder = stream("gt06").decoder()
    contents = [octet * size for octet in (b"\x00", b"\xff", b"1,") for size in (0, 1, 7, 18, 40, 120)]
    for kind in range(256):
        for content in contents:
            for long in (False, True):
                with suppress(CodecError):
                    usable(decoder.decode(gt06_frame(kind, content, long=long)))


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(("location", "2024-01-01T00:00:00Z", "waypoint", "nan", "1e999", "-0", "257,02,16,2224"))
)
names = st.sampled_from(
    [
        "id",
        "deviceid",
        "device_id",
        "timestamp",
        "lat",
        "lon",
        "location",
        "coords",
        "latitude",
        "longitude",
        "speed",
        "bearing",
        "altitude",
        "accuracy",
        "hdop",
        "batt",
        "charge",
        "cell",
        "wifi",
        "valid",
        "_type",
        "tst",
        "tid",
        "acc",
        "vel",
        "cog",
        "alt",
        "topic",
        "battery",
        "is_charging",
        "level",
        "extras",
        "activity",
        "type",
        "odometer",
        "event",
        "is_moving",
        "heading",
        "key",
        "secret",
        "steps",
        "uuid",
        "inregions",
    ]
) | st.text(max_size=8)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=8), max_leaves=20
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "_type": st.sampled_from(("location", "lwt", "transition")),
        "lat": scalars | st.floats(-100, 100),
        "lon": scalars | st.floats(-200, 200),
        "tst": scalars,
        "tid": scalars,
        "topic": scalars,
        "device_id": scalars,
        "location": documents
        | st.fixed_dictionaries(
            {"coords": st.dictionaries(names, scalars), "timestamp": scalars}, optional={"extras": documents}
        ),
    },
)
bodies = st.binary(max_size=200) | (documents | shaped).map(lambda value: json.dumps(value).encode())
queries = st.lists(st.tuples(names, scalars.map(str)), max_size=10).map(
    lambda pairs: "/?" + urlencode(pairs, errors="surrogatepass")
)


@pytest.mark.parametrize("protocol", HTTPS)
@given(
    method=st.sampled_from(("GET", "POST", "PUT")),
    target=queries | st.text(max_size=40),
    headers=st.dictionaries(
        st.sampled_from(("content-type", "authorization", "x-limit-u", "x-limit-d")),
        st.sampled_from(("application/json", "application/x-www-form-urlencoded", "Basic ZTpw", "Basic ?"))
        | st.text(max_size=20),
    ),
    body=bodies,
)
@BOUNDED
def test_any_request_is_a_message_or_a_codec_error(
    protocol: str, method: str, target: str, headers: dict[str, str], body: bytes
) -> None:
    with suppress(CodecError):
        usable(http(protocol).decode_request(Request(method, target, headers, body)))


# --- time and memory grow no faster than the input ---------------------------------------------------------


def operations(work: Callable[[], object]) -> int:
    """Lines of Python that ``work`` runs: a clock that does not depend on the machine."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with suppress(CodecError):
            work()
    finally:
        sys.settrace(before)
    return count


def memory(work: Callable[[], object]) -> int:
    """The most bytes that ``work`` holds at once."""
    tracemalloc.start()
    try:
        with suppress(CodecError):
            work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def record_8e(elements: int) -> bytes:
    return teltonika.record(teltonika.io_part(0x8E, {1: [(n % 512, 1) for n in range(elements)]}))


def one_8e(*variable: tuple[int, bytes]) -> bytes:
    return teltonika.frame(teltonika.body(0x8E, [teltonika.record(teltonika.io_part(0x8E, {}, variable))]))


def request(body: bytes, target: str = "/") -> Request:
    return Request("POST", target, {"content-type": "application/json"}, body)


def nested(size: int) -> bytes:
    return b'{"_type":"location","device_id":"1","location":' + b"[" * size + b"]" * size + b"}"


def many(size: int) -> bytes:
    items = ",".join(f'"k{n}":{n}' for n in range(size))
    return f'{{"_type":"location","lat":1,"lon":1,"tst":1,"tid":"a",{items}}}'.encode()


Grow = Callable[[int], Any]
GROWING: dict[str, tuple[str, Grow]] = {
    "teltonika records": ("teltonika", lambda n: teltonika.frame(teltonika.body(8, [teltonika.record(bytes(6))] * n))),
    "teltonika elements": ("teltonika", lambda n: teltonika.frame(teltonika.body(0x8E, [record_8e(n * 4)]))),
    "teltonika text": ("teltonika", lambda n: one_8e((256, b"A" * n * 16))),
    "teltonika hex": ("teltonika", lambda n: one_8e((9_999, b"A" * n * 16))),
    "teltonika empty elements": ("teltonika", lambda n: one_8e(*[(9_999, b"")] * n * 4)),
    "teltonika empty tags": ("teltonika", lambda n: one_8e((548, bytes(n * 16)))),
    "teltonika beacons": ("teltonika", lambda n: one_8e((385, b"\x00" + (b"\x21" + bytes(21)) * n))),
    "teltonika answer": (
        "teltonika",
        lambda n: teltonika.frame(b"\x0c\x01\x06" + (n * 16).to_bytes(4, "big") + b"A" * n * 16 + b"\x01"),
    ),
    "gt06 zeros": ("gt06", lambda n: gt06_frame(0x94, bytes(n * 16), long=True)),
    "gt06 text": ("gt06", lambda n: gt06_frame(0x94, b"\x04" + b"A=1;" * n * 4, long=True)),
    "gt06 located": ("gt06", lambda n: gt06_frame(0x22, b"\x18\x01\x02\x03\x04\x05" * n * 3, long=True)),
    "osmand nested": ("osmand", lambda n: request(nested(n * 8))),
    "osmand members": ("osmand", lambda n: request(many(n * 4))),
    "osmand parameters": ("osmand", lambda n: request(b"", "/?id=1&lat=1&lon=1" + "&cell=1,2,3,4" * n * 4)),
    "osmand digits": ("osmand", lambda n: request(b"", "/?id=1&lat=1&lon=1&timestamp=" + "9" * n * 64)),
    "owntracks nested": ("owntracks", lambda n: request(nested(n * 8))),
    "owntracks members": ("owntracks", lambda n: request(many(n * 4))),
    "owntracks digits": ("owntracks", lambda n: request(b'{"_type":"location","tst":' + b"9" * n * 64 + b"}")),
}


def job(protocol: str, grown: Any) -> Callable[[], object]:
    if protocol in HTTPS:
        return lambda: http(protocol).decode_request(grown)
    return lambda: stream(protocol).decoder().decode(grown)


@cache
def warm(case: str) -> None:
    protocol, grow = GROWING[case]
    with suppress(CodecError):
        job(protocol, grow(2))()


@pytest.mark.parametrize("case", GROWING)
def test_time_grows_no_faster_than_the_input(case: str) -> None:
    protocol, grow = GROWING[case]
    warm(case)
    small, large = (operations(job(protocol, grow(size))) for size in (30, 240))
    assert large <= 8 * small * 1.25 + 500


@pytest.mark.parametrize("case", GROWING)
def test_memory_grows_no_faster_than_the_input(case: str) -> None:
    protocol, grow = GROWING[case]
    warm(case)
    small, large = (memory(job(protocol, grow(size))) for size in (30, 240))
    assert large <= 8 * small * 1.5 + 64 * 1024


@pytest.mark.parametrize("protocol", STREAMS)
def test_finding_a_frame_looks_at_a_bounded_number_of_bytes(protocol: str) -> None:
    speaker = stream(protocol)
    starts = {
        "teltonika": (b"\x00\x00\x00\x00\x00\x00\xf0\x00", b"\x00\x0f", b"\xff"),
        "gt06": (b"xx\xff", b"yy\xff\xff", b"xx\x05"),
    }[protocol]
    for start in starts:
        find_small, find_large = (partial(speaker.frame, memoryview(start + bytes(size))) for size in (100, 60_000))
        assert operations(find_large) <= operations(find_small) + 10
        assert memory(find_large) < 8 * 1024


def claims() -> Iterator[bytes]:
    """Small messages that say they hold very much."""
    head = teltonika.record(b"")
    yield teltonika.frame(b"\x8e\xff" + head + bytes(4) + b"\xff\xff" + b"\xff")
    yield teltonika.frame(b"\x8e\x01" + head + bytes(12) + b"\xff\xff" + bytes(64) + b"\x01")
    yield teltonika.frame(b"\x8e\x01" + head + bytes(12) + b"\x00\x01\x01\x00\xff\xff" + b"\x01")
    yield teltonika.frame(b"\x0c\x01\x06\xff\xff\xff\xff\x01")
    yield teltonika.frame(b"\x07\xff" + b"\xff" * 20 + b"\xff")


def test_what_a_message_claims_costs_nothing() -> None:
    decoder = stream("teltonika").decoder()
    for data in claims():
        with pytest.raises(CodecError):
            decoder.decode(data)

        def work(data: bytes = data) -> None:
            decoder.decode(data)

        assert operations(work) < 2_000
        assert memory(work) < 64 * 1024
