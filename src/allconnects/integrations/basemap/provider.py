"""The source of tiles that the setting ``ALLCONNECTS_BASEMAP`` names."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from allconnects.integrations.basemap.archive import Archive
from allconnects.integrations.basemap.cache import Cache
from allconnects.integrations.basemap.fetch import Fetcher
from allconnects.integrations.basemap.remote import Remote
from allconnects.integrations.basemap.source import Source
from allconnects.kit import config

OPENFREEMAP = "https://tiles.openfreemap.org/planet"


def provider() -> Source | None:
    """The source that is set; None for the offline map."""
    settings = config.current()
    return _made(settings.basemap, settings.home)


@cache
def _made(setting: str, home: Path) -> Source | None:
    if setting == "offline":
        return None
    if setting.endswith(".pmtiles") and not setting.startswith("https://"):
        return Archive(Path(setting).expanduser())
    url = OPENFREEMAP if setting == "openfreemap" else setting
    return Remote(url, Fetcher(url), Cache(home / "cache" / "basemap"))
