"""``allconnects decode PROTOCOL``: what a message means, for a person or, line by line, for a program."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from allconnects.kit.errors import InvalidInput

from .base import Codec, CodecError, Decoder, HttpCodec, Message, Position, Request
from .registry import PROTOCOLS, codec, is_http, is_stream


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.description = "Shows what messages of a protocol mean. Nothing is stored or sent."
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument("message", nargs="*", help="hex of a stream or a datagram; without any, read from stdin")
    parser.add_argument("--jsonl", action="store_true", help="lines of JSON from stdin, one answer each")


def run(args: argparse.Namespace) -> int:
    """Runs the command; 0 when every message was decoded, 1 otherwise (with ``--jsonl`` always 0)."""
    chosen = codec(args.protocol)
    if args.jsonl:
        for answer in answers(chosen, sys.stdin.buffer):
            sys.stdout.write(json.dumps(answer, allow_nan=False) + "\n")
            sys.stdout.flush()
        return 0
    from .decode_text import account

    texts = args.message or [line for line in sys.stdin if line.strip()]
    failed = False
    for line, good in account(chosen, texts):
        sys.stdout.write(line + "\n")
        failed |= not good
    return int(failed)


def answers(chosen: Codec | HttpCodec, lines: Iterable[bytes | str]) -> Iterator[dict[str, Any]]:
    """One JSON object per line: positions, replies, device_ids, error. Lines of a session share a decoder."""
    sessions: dict[str, Decoder] = {}
    for line in lines:
        try:
            message = _decode(chosen, _vector(line), sessions)
        except (CodecError, InvalidInput) as error:
            refused = [_bad_request().hex()] if isinstance(error, CodecError) and is_http(chosen) else []
            yield {"positions": [], "replies": refused, "device_ids": [], "error": error.message}
            continue
        yield {
            "positions": [position_json(position) for position in message.positions],
            "replies": [message.reply.hex()] if message.reply else [],
            "device_ids": list(message.device_ids),
            "error": None,
        }


def position_json(position: Position) -> dict[str, Any]:
    """A Position as JSON: ``time`` is ISO 8601 in UTC with milliseconds, or null."""
    return {
        "time": iso(position.time_ms),
        "valid": position.valid,
        "lat": position.lat,
        "lon": position.lon,
        "altitude_m": position.altitude_m,
        "speed_kmh": position.speed_kmh,
        "course_deg": position.course_deg,
        "attributes": position.attributes,
    }


def iso(time_ms: int | None) -> str | None:
    """ISO 8601 with milliseconds and Z; None stays None."""
    if time_ms is None:
        return None
    seconds, milliseconds = divmod(time_ms, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text.rjust(19, '0')}.{milliseconds:03d}Z"


def _vector(line: bytes | str) -> dict[str, Any]:
    try:
        vector = json.loads(line)
    except (ValueError, RecursionError):
        raise InvalidInput("the line is not JSON") from None
    if not isinstance(vector, dict) or not isinstance(vector.get("input"), str):
        raise InvalidInput("the line is not an object with an input")
    for name in ("http", "decoder_options"):
        if not isinstance(vector.get(name, {}), Mapping | None):
            raise InvalidInput(f"{name} is not an object")
    return vector


def _decode(chosen: Codec | HttpCodec, vector: dict[str, Any], sessions: dict[str, Decoder]) -> Message:
    options = vector.get("decoder_options") or None
    if is_http(chosen):
        return chosen.decode_request(_request(vector), options)
    assert is_stream(chosen)
    udp = vector.get("transport") == "udp"
    # Options belong to messages, and a decoder has one set of them: another set is another decoder.
    key = json.dumps([vector.get("test_name"), vector.get("session"), udp, options], sort_keys=True)
    if key not in sessions:
        sessions[key] = chosen.datagram_decoder(options) if udp else chosen.decoder(options)
    return sessions[key].decode(_octets(vector))


def _octets(vector: Mapping[str, Any]) -> bytes:
    try:
        if vector.get("input_hex"):
            return bytes.fromhex(vector["input_hex"])
        if vector.get("input_kind", "binary") == "binary":
            return bytes.fromhex(vector["input"])
        return str(vector["input"]).encode("latin-1")
    except (ValueError, TypeError):
        raise InvalidInput("the input is neither hex nor text of single bytes") from None


def _request(vector: Mapping[str, Any]) -> Request:
    http = vector.get("http") or {}
    method = str(http.get("method") or ("POST" if vector.get("input_kind") == "json" else "GET")).upper()
    headers = http.get("headers") or {}
    if not isinstance(headers, Mapping):
        raise InvalidInput("headers are not an object")
    is_url = method == "GET" or vector["input"] == http.get("url")
    target = str(http.get("url") or (vector["input"] if is_url else "/"))
    try:
        body = b"" if is_url else vector["input"].encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput("the input is not text") from None
    return Request(method, target, {str(k).lower(): str(v) for k, v in headers.items()}, body)


def _bad_request() -> bytes:
    from .http import response

    return response(400)
