"""Where data rest: each store has a country, and none that is not on the list. Checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from allconnects.kit import config
from allconnects.kit.config import Settings
from allconnects.kit.errors import ConfigError

_HERE = ("", "localhost", "127.0.0.1", "::1")


def is_elsewhere(url: str) -> bool:
    """Whether a database stands on another machine, by its address."""
    given: Mapping[str, Any] = conninfo_to_dict(url) if url else {}
    hosts = str(given.get("host") or given.get("hostaddr") or "").split(",")
    return any(host not in _HERE and not host.startswith(("/", "@")) for host in hosts)


def places(settings: Settings | None = None) -> dict[str, str]:
    """Country of each store by the key of ``parties.STORAGE``. Raises ConfigError."""
    held = settings or config.current()
    main = _of(held.database_url, held.database_country, held, "DATABASE")
    vault = _of(held.vault_database_url, held.vault_country, held, "VAULT") if held.vault_database_url else main
    found = {
        "operations": main, "vault": vault, "files": held.storage_country,
        "backup": held.backup_country or held.storage_country,
    }  # fmt: skip
    for store, country in found.items():
        if country not in held.storage_allowed:
            allowed = ", ".join(held.storage_allowed)
            raise ConfigError(
                f"the store '{store}' stands in {country}, which is not in ALLCONNECTS_STORAGE_ALLOWED ({allowed})"
            )
    return found


def _of(url: str, country: str, held: Settings, name: str) -> str:
    if country:
        return country
    if is_elsewhere(url):
        raise ConfigError(f"a database on another machine needs its country: set ALLCONNECTS_{name}_COUNTRY")
    return held.storage_country


def country_of(store: str) -> str:
    """Where a store of this server stands; empty for one that the program does not know."""
    return places().get(store, "")
