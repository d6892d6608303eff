"""What Traccar Client (OsmAnd protocol) and OwnTracks send over HTTP.

Written from https://www.traccar.org/osmand/ and https://owntracks.org/booklet/tech/http/; shares no code with
the receiving side.
"""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

from allconnects.demo.devices import DemoDevice
from allconnects.demo.movement import Fix

_KMH_PER_KNOT = 1.852


def osmand_request(device: DemoDevice, host: str, fix: Fix) -> bytes:
    """A GET with the fix as query parameters; speed in knots."""
    parameters = {
        "id": device.identifier,
        "timestamp": fix.time_ms // 1000,
        "lat": f"{fix.lat:.7f}",
        "lon": f"{fix.lon:.7f}",
        "speed": f"{fix.speed_kmh / _KMH_PER_KNOT:.3f}",
        "bearing": f"{fix.course_deg:.1f}",
        "altitude": f"{fix.altitude_m:.1f}",
        "accuracy": "6.0",
        "batt": fix.battery_percent,
        "charge": "true" if fix.ignition else "false",
    }
    return _request("GET", "/?" + urlencode(parameters), host, _authorization(device), b"")


def owntracks_request(device: DemoDevice, host: str, fix: Fix) -> bytes:
    """A POST with the fix as a JSON message of type location; speed in whole km/h."""
    message = {
        "_type": "location",
        "topic": device.identifier,
        "tid": device.identifier[-2:],
        "tst": fix.time_ms // 1000,
        "lat": round(fix.lat, 7),
        "lon": round(fix.lon, 7),
        "alt": round(fix.altitude_m),
        "vel": round(fix.speed_kmh),
        "cog": round(fix.course_deg) % 360,
        "acc": 7,
        "batt": fix.battery_percent,
        "bs": 2 if fix.ignition else 1,
        "conn": "m",
        "m": 2 if fix.moving else 1,
        "t": "v" if fix.moving else "t",
    }
    body = json.dumps(message).encode()
    return _request("POST", "/pub", host, [*_authorization(device), "Content-Type: application/json"], body)


def _authorization(device: DemoDevice) -> list[str]:
    if device.secret is None:
        return []
    credentials = base64.b64encode(f"{device.identifier}:{device.secret}".encode()).decode()
    return [f"Authorization: Basic {credentials}"]


def _request(method: str, target: str, host: str, headers: list[str], body: bytes) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
