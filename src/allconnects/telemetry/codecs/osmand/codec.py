"""OsmAnd and Traccar Client: positions as query or form parameters, or as the JSON of the location SDK.

The parameters and the JSON are described at https://www.traccar.org/osmand/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from allconnects.telemetry.codecs.base import CodecError, Manifest, Message, Position, Request
from allconnects.telemetry.codecs.http import response
from allconnects.telemetry.codecs.http_values import MAX_ITEMS, credentials, device_id, read_json
from allconnects.telemetry.codecs.osmand.document import positions_of
from allconnects.telemetry.codecs.osmand.parameters import Parameters, position_of

_ACCEPTED = response(200)
_WITHOUT_DEVICE = response(400)
# The location SDK of Traccar Client deletes a record only after 200, 201 or 204, so every other status keeps
# it. 503 tells proxies and people the truth as well: nothing is wrong with the data, ask again later.
_NOT_YET = response(503, headers=(("Retry-After", "60"),))

_SECRETS = ("key", "secret")


class OsmAnd:
    """The codec of OsmAnd and Traccar Client."""

    manifest = Manifest(
        name="osmand",
        title="OsmAnd, Traccar Client",
        transports=("http",),
        port=5055,
        quality="silver",
        source="https://www.traccar.org/osmand/",
    )
    max_body = 256 * 1024

    def decode_request(self, request: Request, options: Mapping[str, Any] | None = None) -> Message:
        """The message of one request; without a device identifier the reply is 400 and nothing is taken.

        Options: ``speed_unit``, the unit of query and form speeds: kn (the protocol's own), kmh, mph or ms.
        Raises CodecError when the body is no JSON, a place is not on earth or a time is none.
        """
        parameters = _parameters(request.target.partition("?")[2])
        document = _document(request)
        if document is None:
            parameters.update(_form(request))
        secret = credentials(request.headers).secret
        for name in _SECRETS:
            secret = next(iter(parameters.pop(name, [])), None) or secret
        identifier = _identifier(parameters, document)
        if identifier is None:
            return Message(reply=_WITHOUT_DEVICE, refusal=_WITHOUT_DEVICE)
        return Message(
            positions=_positions(parameters, document, str((options or {}).get("speed_unit", "kn"))),
            device_ids=(device_id(identifier),),
            reply=_ACCEPTED,
            refusal=_NOT_YET,
            secret=secret,
        )


def _positions(parameters: Parameters, document: dict[str, Any] | None, unit: str) -> list[Position]:
    return [position_of(parameters, unit)] if document is None else positions_of(document)


def _parameters(text: str) -> Parameters:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_ITEMS)
    except ValueError:
        raise CodecError(f"more than {MAX_ITEMS} parameters") from None
    found: Parameters = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _form(request: Request) -> Parameters:
    return _parameters(request.body.decode("utf-8", "replace").strip()) if request.body else {}


def _document(request: Request) -> dict[str, Any] | None:
    """The JSON object of the body; None when the body is a form or empty."""
    body = request.body.strip()
    if "json" not in request.headers.get("content-type", "").lower() and not body.startswith(b"{"):
        return None
    document = read_json(body)
    if not isinstance(document, dict):
        raise CodecError("the JSON body is not an object")
    for name in _SECRETS:
        document.pop(name, None)
    return document


def _identifier(parameters: Parameters, document: dict[str, Any] | None) -> object:
    if document is not None and document.get("device_id") not in (None, ""):
        return document["device_id"]
    named = parameters.get("id") or parameters.get("deviceid")
    return named[0] or None if named else None


CODEC = OsmAnd()
