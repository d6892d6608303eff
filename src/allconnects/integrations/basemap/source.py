"""What a source of tiles says about itself, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any, Literal, Protocol

from allconnects.kit.errors import AllconnectsError

Schema = Literal["openmaptiles", "protomaps", "raster"]


class BasemapError(AllconnectsError):
    """The map that is set cannot be had; the offline map takes its place."""

    code = "basemap"
    status = 502


@dataclass(frozen=True, slots=True)
class Tile:
    """The bytes of one tile, as the browser gets them."""

    data: bytes
    media_type: str
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """Zooms, bounds (west, south, east, north), attribution as plain text, and how its layers are named."""

    schema: Schema
    minzoom: int
    maxzoom: int
    attribution: str
    bounds: tuple[float, float, float, float] | None = None


class Source(Protocol):
    """Somewhere tiles come from. Both calls raise BasemapError."""

    def describe(self) -> Description:
        """What this source holds."""

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """One tile, or None where there is nothing."""


def description(document: dict[str, Any]) -> Description:
    """A TileJSON document (or the like of it in a PMTiles file), read carefully. Raises BasemapError."""
    bounds = document.get("bounds")
    try:
        return Description(
            schema_of(document),
            max(0, int(document.get("minzoom", 0))),
            min(22, int(document.get("maxzoom", 14))),
            plain(str(document.get("attribution") or "")) or "© OpenStreetMap",
            tuple(float(b) for b in bounds) if isinstance(bounds, list) and len(bounds) == 4 else None,  # type: ignore[arg-type]
        )
    except (TypeError, ValueError):
        raise BasemapError("the description of the map source is malformed") from None


def schema_of(document: dict[str, Any]) -> Schema:
    """Which layer names the tiles use. Raises BasemapError for tiles that we have no style for."""
    if str(document.get("format", "")).lower() in {"png", "jpg", "jpeg", "webp", "avif"}:
        return "raster"
    named = set(_names(document.get("vector_layers") or ()))
    if "transportation" in named:
        return "openmaptiles"
    if {"earth", "roads"} <= named:
        return "protomaps"
    if not named and "vector_layers" not in document:
        return "openmaptiles"
    raise BasemapError("the tiles follow neither the OpenMapTiles nor the Protomaps schema")


def _names(found: Iterable[Any]) -> Iterable[str]:
    return (str(layer.get("id")) for layer in found if isinstance(layer, dict))


def plain(html: str) -> str:
    """Attribution without markup: it is set by somebody else and shown in our page."""
    return unescape(re.sub(r"<[^>]*>", "", html)).replace("<", "").strip()[:300]
