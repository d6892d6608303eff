"""Settings, read strictly from the environment: what is unknown or malformed is refused at start.

Every setting is a field of ``Settings``; its environment name is ``ALLCONNECTS_`` + the field name in capitals.
``DATABASE_URL`` is read too, because hosting platforms set it under that name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from allconnects.kit import networks
from allconnects.kit.errors import ConfigError

PREFIX = "ALLCONNECTS_"
PROTOCOL_PORTS = {"teltonika": 5027, "gt06": 5023, "osmand": 5055, "owntracks": 5144}
"""The ports that trackers and apps of each protocol are usually set to."""
TLS = "-tls"
"""Behind a protocol's name: a port on which its devices speak TLS."""


_DIGITS = re.compile(r"[0-9]{1,9}")


def _port(text: str) -> int:
    if not _DIGITS.fullmatch(text) or not 0 < int(text) < 65536:
        raise ValueError("a port number from 1 to 65535")
    return int(text)


def _positive(text: str) -> int:
    if not _DIGITS.fullmatch(text) or int(text) == 0:
        raise ValueError("a whole number above 0")
    return int(text)


def _days(text: str) -> int:
    """At most two months for positions of people at work: Belgian and French supervisory authorities."""
    if not _DIGITS.fullmatch(text) or not 2 <= int(text) <= 60:
        raise ValueError("a number of days from 2 to 60")
    return int(text)


def _trip_days(text: str) -> int:
    """At most a year for trips with their places: CNIL NS-51. A week of them goes at a time."""
    if not _DIGITS.fullmatch(text) or not 14 <= int(text) <= 365:
        raise ValueError("a number of days from 14 to 365")
    return int(text)


def _delay_days(text: str) -> int:
    """At most a month, and only where a ground of the law allows it."""
    if not _DIGITS.fullmatch(text) or int(text) > 30:
        raise ValueError("a number of days from 0 to 30")
    return int(text)


def _leave_days(text: str) -> int:
    """Time to think again and to fetch a copy; not so long that nothing ever goes."""
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= 90:
        raise ValueError("a number of days from 1 to 90")
    return int(text)


def _mail_minutes(text: str) -> int:
    """A day at most: what waits longer was not urgent."""
    if not _DIGITS.fullmatch(text) or int(text) > 1440:
        raise ValueError("a number of minutes from 0 to 1440")
    return int(text)


def _quiet_hours(text: str) -> int:
    """A day of a device is sealed after a day of waiting at the latest."""
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= 24:
        raise ValueError("a number of hours from 1 to 24")
    return int(text)


def _ports(text: str) -> dict[str, int]:
    """``teltonika=5027,gt06=5023,osmand-tls=5056``: protocols that are not named do not listen."""
    result: dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, mark, port = part.replace(":", "=").partition("=")
        if not mark or name.removesuffix(TLS) not in PROTOCOL_PORTS or name in result:
            raise ValueError(f"a list such as teltonika=5027,gt06=5023 of: {', '.join(PROTOCOL_PORTS)}")
        result[name] = _port(port)
    if len(set(result.values())) != len(result):
        raise ValueError("a list in which no port stands twice")
    return result


def _folder(text: str) -> Path:
    if not text:
        raise ValueError("a folder")
    return _path(text)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError("a path of an existing user's folder") from None


def _existing_file(text: str) -> Path:
    path = _path(text)
    try:
        found = path.is_file()
    except OSError:  # a name that is too long
        found = False
    if not found:
        raise ValueError("a file that exists")
    return path


def _word(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError("one of: " + ", ".join(allowed))
        return text

    return read


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text and not _is_address(text, schemes):
            raise ValueError("an address that begins with " + " or ".join(f"{s}://" for s in schemes))
        return text.rstrip("/")

    return read


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and parts.port != 0 and bool(parts.hostname)
    except ValueError:  # its text repeats the address, and with it a password
        return False


def _database(text: str) -> str:
    try:
        if text.startswith(("postgresql://", "postgres://")) or not text:
            conninfo_to_dict(text)
            return text
    except psycopg.ProgrammingError:  # the same
        pass
    raise ValueError("an address of the form postgresql://user:password@host:port/database")


def _mollie_key(text: str) -> str:
    if text and not re.fullmatch(r"(test|live)_[A-Za-z0-9]{20,}", text):
        raise ValueError("a key that begins with test_ or live_")
    return text


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (piece.strip() for piece in text.split(","))))


def _country(text: str) -> str:
    if text and not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError("a country of two capitals, such as BE")
    return text


def _countries(text: str) -> tuple[str, ...]:
    found = tuple(map(_country, _hosts(text)))
    if not found:
        raise ValueError("countries of two capitals, such as BE,CH")
    return found


def _basemap(text: str) -> str:
    if text in ("offline", "openfreemap") or text.startswith("https://") or text.endswith(".pmtiles"):
        return text
    raise ValueError("offline, openfreemap, an https:// style or TileJSON address, or a .pmtiles file")


def _default_home() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/allconnects/home")
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    try:
        return Path(base).expanduser() / "allconnects"
    except RuntimeError:
        raise ConfigError("this user has no folder of its own: ALLCONNECTS_HOME must name the data folder") from None


def _default_vault_root() -> Path:
    """Never in the data folder, whose copies would hold it."""
    system = Path("/etc/allconnects/vault.root")
    if os.geteuid() == 0:
        return system
    try:
        base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        return Path(base).expanduser() / "allconnects" / "vault.root"
    except RuntimeError:  # a user id without a home
        return system


def _setting(read: Callable[[str], Any], help: str, default: Any = None, factory: Any = None) -> Any:
    meta = {"read": read, "help": help}
    if factory is not None:
        return field(default_factory=factory, metadata=meta)
    return field(default=default, metadata=meta)


@dataclass(frozen=True)
class Settings:
    """Everything an operator can set; each field's help text is printed by ``allconnects settings``."""

    home: Path = _setting(_folder, "The data folder.", factory=_default_home)
    host: str = _setting(str, "Address the web pages listen on.", "127.0.0.1")
    port: int = _setting(_port, "Port of the web pages and the API.", 8000)
    public_url: str = _setting(_url("http", "https"), "Address that browsers use, when behind a proxy.", "")
    allowed_hosts: tuple[str, ...] = _setting(_hosts, "Further host names that the pages answer to.", ())
    gateway_host: str = _setting(str, "Address the gateway listens on.", "0.0.0.0")  # noqa: S104
    gateway_ports: dict[str, int] = _setting(
        _ports, "Ports of the protocols: name=port,…", factory=lambda: dict(PROTOCOL_PORTS)
    )
    gateway_plain_from: networks.Networks = _setting(
        networks.read, "Networks from which devices may speak without TLS.", networks.Networks.everywhere()
    )
    gateway_tls_cert: Path | None = _setting(_existing_file, "Certificate chain for the TLS ports of devices.")
    gateway_tls_key: Path | None = _setting(_existing_file, "Private key of that certificate.")
    max_connections_per_address: int = _setting(_positive, "Device connections from one address.", 10000)
    max_connections_per_organisation: int = _setting(_positive, "Device connections of one organisation.", 20000)
    max_connections: int = _setting(_positive, "Device connections of one gateway.", 60000)
    idle_timeout_s: int = _setting(_positive, "A device connection silent for so long is closed.", 1800)
    frame_timeout_s: int = _setting(_positive, "A message not complete after so long closes its connection.", 30)
    database_url: str = _setting(_database, "PostgreSQL to use instead of the embedded one (or DATABASE_URL).", "")
    vault_root: Path = _setting(
        _path, "File of the root key, outside the data folder; without it nothing sealed can be read.",
        factory=_default_vault_root,
    )  # fmt: skip
    vault_database_url: str = _setting(
        _database, "PostgreSQL database of the wrapped keys (by default beside the main one, named …_vault).", ""
    )
    billing_file: Path | None = _setting(
        _existing_file, "TOML file with who sells, and the plans; without it nothing is billed."
    )
    billing_database_url: str = _setting(
        _database, "PostgreSQL database of billing (by default beside the main one, named …_billing).", ""
    )
    mollie_key: str = _setting(_mollie_key, "Key of the payment processor Mollie: test_… or live_….", "")
    mollie_url: str = _setting(_url("http", "https"), "Where that processor's API is.", "https://api.mollie.com")
    basemap: str = _setting(_basemap, "offline, openfreemap, an https:// style address, or a .pmtiles file.", "offline")
    geocoder_url: str = _setting(
        _url("http", "https"), "Nominatim or Photon server for addresses; by default towns are known offline.", ""
    )
    geocoder_kind: str = _setting(_word("nominatim", "photon"), "What that server is.", "nominatim")
    email_url: str = _setting(_url("smtp", "smtps"), "Mail server: smtp://user:password@host:port.", "")
    email_from: str = _setting(str, "Sender of mails.", "allconnects@localhost")
    privacy_mailbox: str = _setting(
        _url("imap", "imaps"), "E-mail box for requests about personal data: imaps://user:password@host/INBOX.", ""
    )
    privacy_organisation: str = _setting(
        str, "Short name of the organisation that takes in such requests; by default the first.", ""
    )
    free_phones: str = _setting(
        str, "Short name of an organisation without members that phones join without an account.", ""
    )
    storage_country: str = _setting(_country, "Country (ISO 3166) where this machine and its data folder stand.", "BE")
    database_country: str = _setting(_country, "Country of the database; needed when it is on another machine.", "")
    vault_country: str = _setting(_country, "Country of the vault's database; needed when it is elsewhere.", "")
    backup_country: str = _setting(_country, "Country of the backups; by default that of this machine.", "")
    storage_allowed: tuple[str, ...] = _setting(
        _countries, "Countries in which data may rest; a store anywhere else keeps the program from starting.",
        ("BE", "CH", "FI", "LT"),
    )  # fmt: skip
    outgoing_private: str = _setting(
        _word("refuse", "allow"), "Whether webhooks and forwarding of tenants may call private addresses.", "refuse"
    )
    metrics_port: int | None = _setting(
        _port, "Port of 127.0.0.1 on which a gateway or worker started alone shows /metrics."
    )
    position_days: int = _setting(_days, "Days that raw positions are kept, at most 60.", 60)
    trip_days: int = _setting(_trip_days, "Days that trips, stops and visits are kept, 14 to 365.", 365)
    leave_days: int = _setting(
        _leave_days, "Days from asking to leave until everything of an organisation is deleted, 1 to 90.", 30
    )
    investigation_delay_days: int = _setting(
        _delay_days,
        "Days by which a person may be told later of an investigation into a theft, at most 30; 0: at once.",
        0,
    )
    seal_after_hours: int = _setting(
        _quiet_hours, "Hours without news of it after which a device's past day is sealed, at most 24.", 6
    )
    message_mail_minutes: int = _setting(
        _mail_minutes, "Minutes after which an unread message is announced by mail as well; 0: never.", 15
    )
    log_level: str = _setting(_word("debug", "info", "warning", "error"), "How much is logged.", "info")
    log_format: str = _setting(_word("console", "json"), "How it is logged.", "console")


INTERNAL = {"ALLCONNECTS_TEST_DATABASE_URL"}
"""Names that only the tests read, allowed so that one environment serves both."""


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from an environment. Raises ConfigError with one line for the first thing that is wrong."""
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known and name not in INTERNAL:
            raise ConfigError(f"{name} is not a setting of allconnects; 'allconnects settings' lists them")
    values: dict[str, Any] = {}
    if environ.get("DATABASE_URL"):
        values["database_url"] = _read("DATABASE_URL", known[PREFIX + "DATABASE_URL"], environ["DATABASE_URL"])
    for name, setting in known.items():
        if name in environ:
            values[setting.name] = _read(name, setting, environ[name])
    settings = Settings(**values)
    _check_together(settings)
    return settings


def _read(name: str, setting: Any, text: str) -> Any:
    try:
        return setting.metadata["read"](text)
    except ValueError as error:
        raise ConfigError(f"{name} must be {error}") from None


def _check_together(settings: Settings) -> None:
    if (settings.gateway_tls_cert is None) != (settings.gateway_tls_key is None):
        raise ConfigError("ALLCONNECTS_GATEWAY_TLS_CERT and ALLCONNECTS_GATEWAY_TLS_KEY go together")
    if any(name.endswith(TLS) for name in settings.gateway_ports) and settings.gateway_tls_cert is None:
        raise ConfigError("ALLCONNECTS_GATEWAY_PORTS names a TLS port; ALLCONNECTS_GATEWAY_TLS_CERT is missing")
    if settings.port in settings.gateway_ports.values():
        raise ConfigError("ALLCONNECTS_PORT is also a port of ALLCONNECTS_GATEWAY_PORTS")


@cache
def current() -> Settings:
    """The settings of this process, read once."""
    return load(os.environ)
