"""Which addresses lie in the networks of a setting."""

from __future__ import annotations

import pytest

from allconnects.kit.networks import Networks, read

APN = Networks("10.20.0.0/16", "2001:db8:7::/48", "192.0.2.7")


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.20.0.0", True),
        ("10.20.255.255", True),
        ("10.21.0.0", False),
        ("10.19.255.255", False),
        ("::ffff:10.20.3.4", True),
        ("::ffff:10.21.3.4", False),
        ("2001:db8:7::1", True),
        ("2001:db8:8::1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("gateway.example", False),
    ],
)
def test_an_address_lies_in_the_networks_or_not(address: str, inside: bool) -> None:
    assert (address in APN) is inside
    assert address in Networks.everywhere()


def test_one_family_everywhere_is_not_the_other() -> None:
    assert "192.0.2.7" in Networks("0.0.0.0/0")
    assert "2001:db8::1" not in Networks("0.0.0.0/0")


def test_they_are_written_as_they_are_read() -> None:
    assert read(" 10.20.0.0/16,2001:db8:7::/48, 192.0.2.7,") == APN
    assert str(APN) == "10.20.0.0/16,2001:db8:7::/48,192.0.2.7/32"
    assert read(str(Networks.everywhere())) == Networks.everywhere()
