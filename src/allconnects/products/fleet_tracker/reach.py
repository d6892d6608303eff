"""How devices reach this platform: what an installer has to set in them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.translation import gettext as _

from allconnects.kit import config

TITLES = {
    "teltonika": "Teltonika",
    "gt06": "Concox GT06",
    "osmand": "Traccar Client / OsmAnd",
    "owntracks": "OwnTracks",
}
OVER_HTTP = frozenset({"osmand", "owntracks"})


@dataclass(frozen=True, slots=True)
class Reach:
    """One port: where devices of its protocol connect to, and what to set. ``protocol``: as in the settings."""

    protocol: str
    title: str
    host: str
    port: int
    address: str
    secure: bool
    hint: str


def host_of(request: HttpRequest) -> str:
    """The name devices can use: of the public address if one is set, else what this browser used."""
    public = urlsplit(config.current().public_url).hostname
    return public or urlsplit(f"//{request.get_host()}").hostname or ""


def reach(request: HttpRequest) -> list[Reach]:
    """Every port that listens, in the order of the settings."""
    settings = config.current()
    host = host_of(request)
    result = []
    for name, port in settings.gateway_ports.items():
        protocol, secure = name.removesuffix(config.TLS), name.endswith(config.TLS)
        shown = f"[{host}]" if ":" in host else host
        scheme = ("https://" if secure else "http://") if protocol in OVER_HTTP else ""
        address = f"{scheme}{shown}:{port}"
        result.append(Reach(name, TITLES[protocol], host, port, address, secure, _hints()[protocol]))
    return result


def _hints() -> dict[str, str]:
    return {
        "teltonika": _(
            "In the configurator under GPRS: this domain and port, protocol TCP or UDP. Identifier: the IMEI."
        ),
        "gt06": _("Send the server command of your model by SMS with this domain and port. Identifier: the IMEI."),
        "osmand": _("In the app: this server address. Identifier: the device identifier that the app shows."),
        "owntracks": _("In the app: mode HTTP and this address. Identifier: user and device as the app sends them."),
    }
