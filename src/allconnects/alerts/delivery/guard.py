"""Where we call out to on behalf of a tenant: never into the operator's own network.

A name is resolved once, every address of it is judged, and the connection goes to the address that was judged: a name
that answers differently the next moment (DNS rebinding) gains nothing. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from allconnects.kit import config
from allconnects.kit.errors import InvalidInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_TEREDO = ipaddress.ip_network("2001::/32")


class Refused(InvalidInput):
    """The address is not one that a tenant may make this server call."""

    code = "address_refused"


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was judged. ``ip``: where to connect; ``host``: what certificate and Host header say."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str


def private_allowed() -> bool:
    """Whether the operator lets tenants call private addresses and plain HTTP."""
    return config.current().outgoing_private == "allow"


def parse(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port, path with query. Raises Refused for what is no plain web address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise Refused(_("This is not a web address.")) from None
    if not host or not port or len(url) > 500 or not url.isprintable() or " " in url:
        raise Refused(_("This is not a web address."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused(_("The address must hold no user name, password or fragment."))
    if parts.scheme != "https" and not (parts.scheme == "http" and private_allowed()):
        raise Refused(_("The address must begin with https://."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port, path


def resolve(url: str) -> Target:
    """Judge an address. Raises Refused, also when the name has no address."""
    scheme, host, port, path = parse(url)
    return Target(scheme, host, port, path, judge(host, port))


def judge(host: str, port: int) -> str:
    """The address to connect to for a name. Raises Refused when it has none, or one that may not be called."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Refused(_("The name in the address cannot be found.")) from None
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not addresses:
        raise Refused(_("The name in the address cannot be found."))
    if not private_allowed() and not all(map(is_public, addresses)):
        raise Refused(_("The address lies in a private network."))
    return str(addresses[0])


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach it: not loopback, private, link-local (with cloud metadata), shared
    (CGNAT), multicast or reserved, and no such address inside of an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _TEREDO:
            return False
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved
