from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.telemetry.codecs.base import CodecError, Request
from allconnects.telemetry.codecs.http import HttpError, HttpSession, response
from allconnects.telemetry.codecs.http_values import (
    MAX_TEXT,
    clean,
    clean_text,
    credentials,
    device_id,
    number,
    place,
    read_json,
)

GET = b"GET /?id=1 HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


def status_of(session: HttpSession, data: bytes) -> int:
    with pytest.raises(CodecError) as caught:
        session.feed(data)
    assert session.needs_close
    return caught.value.status


def test_reads_request_with_headers_and_body() -> None:
    assert HttpSession().feed(POST) == [
        Request("POST", "/p", {"host": "a", "content-type": "text/plain", "content-length": "5"}, b"hello")
    ]


@given(st.lists(st.sampled_from([GET, POST, CHUNKED]), min_size=1, max_size=6), st.integers(1, 40))
def test_cutting_the_stream_anywhere_changes_nothing(parts: list[bytes], step: int) -> None:
    stream = b"".join(parts)
    session, found = HttpSession(), []
    for start in range(0, len(stream), step):
        found += session.feed(stream[start : start + step])
    assert [request.body for request in found] == [
        {GET: b"", POST: b"hello", CHUNKED: b"abcde"}[part] for part in parts
    ]
    assert not session.needs_close


def test_more_pipelined_requests_than_allowed_answers_the_first_and_closes() -> None:
    session = HttpSession(max_pipeline=3)
    assert len(session.feed(GET * 5)) == 3
    assert session.needs_close
    assert session.feed(GET) == []


def test_pipeline_of_exactly_the_limit_stays_open() -> None:
    session = HttpSession(max_pipeline=3)
    assert len(session.feed(GET * 3)) == 3
    assert not session.needs_close


@pytest.mark.parametrize("head", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
def test_client_that_wants_to_close_is_closed(head: bytes) -> None:
    session = HttpSession()
    assert len(session.feed(head)) == 1
    assert session.needs_close


def test_good_request_before_garbage_is_answered_before_the_close() -> None:
    session = HttpSession()
    assert len(session.feed(GET + b"\x00\x01\x02\r\n\r\n")) == 1
    assert session.needs_close


def test_expect_continue_is_answered_at_once() -> None:
    session = HttpSession()
    head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert session.feed(head) == []
    assert session.interim.startswith(b"HTTP/1.1 100 ")
    assert session.feed(b"ok")[0].body == b"ok"
    assert session.interim == b""


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000, 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 60 + b"\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFF\r\n" + b"x" * 300_000, 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx", 415),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_refuses_with_the_status_that_says_why(data: bytes, status: int) -> None:
    assert status_of(HttpSession(), data) == status


@given(st.lists(st.binary(max_size=200), max_size=10), st.sampled_from([b"", GET[:20], POST[:-3], CHUNKED[:60]]))
def test_any_bytes_give_requests_or_the_codec_error(parts: list[bytes], start: bytes) -> None:
    session = HttpSession()
    for part in [start, *parts]:
        try:
            session.feed(part)
        except HttpError:
            assert session.needs_close


def test_response_is_one_whole_message() -> None:
    assert response(200, b"[]", headers=(("Retry-After", "5"),)) == (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\nRetry-After: 5\r\n\r\n[]"
    )
    assert response(503) == b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def test_credentials() -> None:
    basic = base64.b64encode(b"west:s3:cret").decode()
    assert credentials({"authorization": f"Basic {basic}"}) == ("west", "s3:cret")
    assert credentials({"authorization": "bearer  tok"}) == (None, "tok")
    for bad in ("", "Basic", "Basic ???", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Digest x"):
        assert credentials({"authorization": bad}) == (None, None)


@pytest.mark.parametrize("body", [b"", b"[" * 300_000, b'{"a":' * 50_000, b"NaN", b"1e999", b'"\xff"', b"1" * 9000])
def test_json_bombs_are_codec_errors(body: bytes) -> None:
    with pytest.raises(CodecError):
        read_json(body)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.5", 1.5),
        (" -2 ", -2.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        (3, 3.0),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("", None),
        ("1,5", None),
        (True, None),
        (10**30, None),
        (None, None),
        ("٣", None),
    ],
)
def test_number(value: object, expected: float | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (0, 181), ("x", 1), (1, None), (float("nan"), 0), ([], 0)])
def test_place_off_the_globe(lat: object, lon: object) -> None:
    with pytest.raises(CodecError):
        place(lat, lon)


@given(st.text(max_size=50))
def test_clean_text_is_storable(text: str) -> None:
    stored = clean_text(text + "\ud800\x00")
    assert "\x00" not in stored.encode().decode()


def test_clean_cuts_what_is_too_much() -> None:
    deep: object = "end"
    for _ in range(50):
        deep = [deep]
    assert "end" not in repr(clean(deep))
    assert clean({"a\x00": 2**70, "b": float("inf")}) == {"a": None, "b": None}
    assert len(str(clean("x" * 5000))) == MAX_TEXT


@pytest.mark.parametrize("value", ["", " ", "a" * 129, "a\nb", "\ud800", None, True, 1.5, {}])
def test_device_id_refuses(value: object) -> None:
    with pytest.raises(CodecError):
        device_id(value)


def test_device_id_takes_a_number_as_text() -> None:
    assert device_id(123456) == "123456"
