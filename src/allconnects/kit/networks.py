"""Address ranges of an operator's choice: read once, then asked once a connection."""

from __future__ import annotations

import ipaddress

_EVERYWHERE = ("0.0.0.0/0", "::/0")


class Networks:
    """A set of networks, written ``10.20.0.0/16,2001:db8:7::/48``."""

    __slots__ = ("_all", "_networks")

    def __init__(self, *networks: str) -> None:
        """Raises ValueError for what is no network, and for an address with bits behind its prefix."""
        self._networks = tuple(map(ipaddress.ip_network, networks))
        self._all = {str(network) for network in self._networks} >= set(_EVERYWHERE)

    @classmethod
    def everywhere(cls) -> Networks:
        """Each address there is."""
        return cls(*_EVERYWHERE)

    def __contains__(self, address: str) -> bool:
        """Whether an address lies in one of them. What is no address lies nowhere, unless they are everywhere."""
        if self._all:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:  # whoever is gone again has none any more
            return False
        if found.version == 6 and found.ipv4_mapped:  # one socket that listens for both writes IPv4 so
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)

    def __str__(self) -> str:
        return ",".join(map(str, self._networks))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Networks) and self._networks == other._networks

    def __hash__(self) -> int:
        return hash(self._networks)


def read(text: str) -> Networks:
    """Networks from a setting. None at all is refused: it says neither everywhere nor nowhere."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    try:
        if pieces:
            return Networks(*pieces)
    except ValueError:  # its text repeats the value
        pass
    raise ValueError("networks such as 10.20.0.0/16,2001:db8:7::/48, with nothing but zeros behind the prefix")
