"""Commands and their answers."""

from __future__ import annotations

import pytest

from allconnects.telemetry.codecs.base import CodecError, Value
from allconnects.telemetry.codecs.teltonika import CODEC
from allconnects.telemetry.codecs.teltonika.commands import encode_command, encode_command_for
from tests.telemetry.codecs.teltonika_frames import frame

IMEI = "352093081452251"


def answer(codec_id: int, *payloads: bytes, kind: int = 6) -> bytes:
    content = bytes((codec_id, len(payloads)))
    for payload in payloads:
        content += bytes((kind,)) + len(payload).to_bytes(4, "big") + payload
    return frame(content + bytes((len(payloads),)))


def attributes(data: bytes) -> list[dict[str, Value]]:
    message = CODEC.decoder().decode(data)
    assert (message.reply, message.refusal) == (b"", b"")
    assert all(position.lat is None and not position.valid for position in message.positions)
    return [position.attributes for position in message.positions]


def test_commands_are_the_documented_bytes() -> None:
    # The examples of the manufacturer's page: getinfo over codec 12, getver over codec 14.
    assert encode_command("getinfo").hex() == "000000000000000f0c010500000007676574696e666f0100004312"
    assert (
        encode_command_for(IMEI, "getver").hex()
        == "00000000000000160e01050000000e0352093081452251676574766572010000d2c1"
    )


@pytest.mark.parametrize("text", ["", "métro"])
def test_a_command_is_ascii_text(text: str) -> None:
    with pytest.raises(CodecError):
        encode_command(text)


@pytest.mark.parametrize("imei", ["", "12345678901234x", "1234567890123456"])
def test_a_command_for_one_device_needs_its_imei(imei: str) -> None:
    with pytest.raises(CodecError):
        encode_command_for(imei, "getver")


def test_answers_of_codec_12_are_text_or_hex() -> None:
    assert attributes(answer(12, b"INI:2019 OK\r\n", b"\x00\xfe")) == [
        {"type": 6, "result": "INI:2019 OK"},
        {"type": 6, "result": "00fe"},
    ]


def test_an_answer_of_codec_13_has_a_time() -> None:
    message = CODEC.decoder().decode(answer(13, (1_600_000_000).to_bytes(4, "big") + b"done"))
    assert message.positions[0].time_ms == 1_600_000_000_000
    assert message.positions[0].attributes == {"result": "done"}
    with pytest.raises(CodecError):
        CODEC.decoder().decode(answer(13, b"abc"))


def test_an_answer_of_codec_14_names_its_device_unless_it_says_no() -> None:
    octets = bytes.fromhex(f"0{IMEI}")
    message = CODEC.decoder().decode(answer(14, octets + b"Ver:03"))
    assert message.device_ids == (IMEI,)
    assert message.positions[0].attributes == {"type": 6, "result": "Ver:03"}
    refused = CODEC.decoder().decode(answer(14, octets, kind=0x11))
    assert refused.device_ids == ()
    assert refused.positions[0].attributes["type"] == 0x11


def test_weights_of_a_weighing_unit_have_names() -> None:
    numbers = ";".join(f"{n}.5" for n in range(12))
    found = attributes(answer(12, f"UUUUww{numbers};SSS".encode()))[0]
    assert (found["axle1"], found["loadTruck"], found["totalTrailer"]) == (0.5, 8.5, 11.5)
    for text in ("UUUUww1;2;SSS", "UUUUww" + numbers.replace("3.5", "nan") + ";SSS"):
        assert attributes(answer(12, text.encode()))[0]["result"] == text


def test_an_answer_beyond_its_frame_is_refused() -> None:
    for content in (
        b"\x0c\x01\x06\x00\x00\x00\x09abc\x01",
        b"\x0c\x01\x06\x00\x00\x00\x02abc\x01",
        b"\x0c\x02\x06\x00\x00\x00\x09abc\x02",
        b"\x0c\x01\x01",
    ):
        with pytest.raises(CodecError):
            CODEC.decoder().decode(frame(content))
