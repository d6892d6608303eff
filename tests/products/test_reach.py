"""What an installer is told to set: each port as it is, with TLS only where it is spoken."""

from __future__ import annotations

import dataclasses

import pytest
from django.test import RequestFactory

from allconnects.kit import config
from allconnects.products.fleet_tracker.reach import reach


def test_a_plain_port_and_one_with_tls_are_two_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = {"teltonika": 5027, "teltonika-tls": 5028, "osmand": 5055, "osmand-tls": 5056}
    settings = dataclasses.replace(config.current(), gateway_ports=ports, public_url="https://map.example.org")
    monkeypatch.setattr(config, "current", lambda: settings)
    ways = reach(RequestFactory().get("/"))
    assert [(way.title, way.address, way.secure) for way in ways] == [
        ("Teltonika", "map.example.org:5027", False),
        ("Teltonika", "map.example.org:5028", True),
        ("Traccar Client / OsmAnd", "http://map.example.org:5055", False),
        ("Traccar Client / OsmAnd", "https://map.example.org:5056", True),
    ]
    assert len({way.protocol for way in ways}) == len(ways), "the page names its parts after them"
