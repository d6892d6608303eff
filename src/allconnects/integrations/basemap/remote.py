"""Tiles of a host on the internet, by way of our own disk."""

from __future__ import annotations

import json
from typing import Any

from allconnects.integrations.basemap.cache import Cache
from allconnects.integrations.basemap.fetch import Answer, Fetcher
from allconnects.integrations.basemap.source import BasemapError, Description, Tile, description

EMPTY = b""


class Remote:
    """A TileJSON address, or a style whose first source with tiles is used under a style of our own."""

    def __init__(self, url: str, fetcher: Fetcher, cache: Cache) -> None:
        self.url, self.fetcher, self.cache = url, fetcher, cache

    def describe(self) -> Description:
        """What the host says about its tiles."""
        return description(self._tilejson())

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """One tile, from disk while it is fresh, and from disk again when the host fails."""
        document = self._tilejson()
        media = "application/vnd.mapbox-vector-tile"
        if description(document).schema == "raster":
            media = f"image/{document.get('format', 'png')}"
        template = document["tiles"][0]
        url = template.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
        data = self._cached(url)
        return Tile(data, media) if data else None

    def _tilejson(self) -> dict[str, Any]:
        document = self._json(self.url)
        if "sources" in document:
            document = self._of_style(document)
        tiles = document.get("tiles")
        if not isinstance(tiles, list) or not tiles or not isinstance(tiles[0], str):
            raise BasemapError("the map source names no tiles")
        return document

    def _of_style(self, style: dict[str, Any]) -> dict[str, Any]:
        sources = style["sources"].values() if isinstance(style["sources"], dict) else ()
        for source in sources:
            if isinstance(source, dict) and source.get("type") in ("vector", "raster"):
                extra = {"format": "png"} if source["type"] == "raster" else {}
                return {**extra, **(self._json(str(source["url"])) if "url" in source else source)}
        raise BasemapError("the map style names no tiles")

    def _json(self, url: str) -> dict[str, Any]:
        data = self._cached(url)
        try:
            document = json.loads(data)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise BasemapError("the map source is neither a style nor a TileJSON document")
        return document

    def _cached(self, url: str) -> bytes:
        kept = self.cache.get(url)
        if kept and kept[1]:
            return kept[0]
        try:
            answer: Answer | None = self.fetcher.get(url)
        except BasemapError:
            if kept:
                return kept[0]
            raise
        data = answer.data if answer else EMPTY
        self.cache.put(url, data)
        return data
