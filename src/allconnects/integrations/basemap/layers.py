"""MapLibre style layers: for the offline files, and for vector tiles of two common schemas."""

from __future__ import annotations

from typing import Any

from allconnects.integrations.basemap.palette import Palette

Layer = dict[str, Any]
FONT = ["Noto Sans Regular"]


def background(colour: str) -> Layer:
    """What shows where nothing else is drawn."""
    return {"id": "background", "type": "background", "paint": {"background-color": colour}}


def fill(ident: str, source: str, colour: str, *, layer: str | None = None, when: Any = None) -> Layer:
    """A filled area."""
    return _layer(ident, "fill", source, layer, when, paint={"fill-color": colour, "fill-antialias": True})


def line(
    ident: str, source: str, colour: str, width: Any, *, layer: str | None = None, when: Any = None,
    dash: list[float] | None = None, least: float = 0,
) -> Layer:  # fmt: skip
    """A line; width in pixels, a number or stops ``[(zoom, width), …]``."""
    paint: dict[str, Any] = {"line-color": colour, "line-width": _stops(width)}
    if dash:
        paint["line-dasharray"] = dash
    layout = {"line-join": "round", "line-cap": "butt" if dash else "round"}
    return {**_layer(ident, "line", source, layer, when, paint=paint), "layout": layout, "minzoom": least}


def text(
    ident: str, source: str, field: Any, size: Any, colours: Palette, *, layer: str | None = None, when: Any = None,
    faint: bool = False, layout: Layer | None = None,
) -> Layer:  # fmt: skip
    """Names, drawn with the fonts of the browser: no font file is asked of anybody."""
    return {
        **_layer(ident, "symbol", source, layer, when),
        "layout": {
            "text-field": field,
            "text-font": FONT,
            "text-size": _stops(size),
            "text-max-width": 8,
            "text-padding": 4,
            **(layout or {}),
        },
        "paint": {
            "text-color": colours["faint" if faint else "text"],
            "text-halo-color": colours["halo"],
            "text-halo-width": 1.4,
        },
    }


def _layer(ident: str, kind: str, source: str, layer: str | None, when: Any, **rest: Any) -> Layer:
    result: Layer = {"id": ident, "type": kind, "source": source, **rest}
    if layer:
        result["source-layer"] = layer
    if when is not None:
        result["filter"] = when
    return result


def _stops(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return ["interpolate", ["linear"], ["zoom"], *(piece for stop in value for piece in stop)]


def offline(colours: Palette, language: str) -> list[Layer]:
    """Layers over the files that the build made; sources: land, borders, waters, places."""
    name = ["coalesce", ["get", language], ["get", "n"]]
    country = ["==", ["get", "k"], "country"]
    place = ["all", ["==", ["get", "k"], "place"], ["<=", ["get", "z"], ["zoom"]]]
    return [
        background(colours["sea"]),
        fill("land", "land", colours["land"], when=["==", ["get", "k"], "land"]),
        fill("belgium", "land", colours["home"], when=["==", ["get", "k"], "belgium"]),
        fill("lakes", "waters", colours["sea"], when=["==", ["get", "k"], "lake"]),
        line("rivers", "waters", colours["river"], [(4, 0.6), (8, 1.4), (11, 2.5)],
             when=["==", ["get", "k"], "river"]),
        line("cantons", "borders", colours["inner"], [(9, 0.3), (13, 1)], least=9.5, dash=[1, 3],
             when=["==", ["get", "k"], "canton"]),
        line("provinces", "borders", colours["inner"], [(6, 0.5), (12, 1.6)], least=6, dash=[4, 2],
             when=["==", ["get", "k"], "province"]),
        line("regions", "borders", colours["inner"], [(6, 0.9), (12, 2.4)], least=6,
             when=["==", ["get", "k"], "region"]),
        line("countries", "borders", colours["border"], [(3, 0.5), (8, 1.3), (12, 2)], when=country),
        {
            "id": "dots", "type": "circle", "source": "places", "filter": place, "minzoom": 5, "maxzoom": 10,
            "paint": {"circle-radius": 2, "circle-color": colours["dot"], "circle-opacity": 0.8},
        },
        text("villages", "places", name, [(9, 10.5), (13, 13)], colours, faint=True,
             when=[*place, ["<", ["get", "p"], 30000]], layout={"symbol-sort-key": ["-", 0, ["get", "p"]],
             "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.4}),
        text("towns", "places", name, [(4, 10.5), (8, 12.5), (13, 18)], colours,
             when=[*place, [">=", ["get", "p"], 30000]], layout={"symbol-sort-key": ["-", 0, ["get", "p"]],
             "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.4}),
        {**text("names", "places", name, [(3, 10), (7, 15)], colours, faint=True, when=country,
                layout={"text-transform": "uppercase", "text-letter-spacing": 0.12}), "maxzoom": 7},
    ]  # fmt: skip


def openmaptiles(colours: Palette, language: str) -> list[Layer]:
    """Layers over vector tiles of the OpenMapTiles schema; source: tiles."""
    name = ["coalesce", ["get", f"name:{language}"], ["get", "name:latin"], ["get", "name"]]

    def roads(*classes: str) -> list[Any]:
        return ["match", ["get", "class"], list(classes), True, False]

    return [
        background(colours["home"]),
        fill("green", "tiles", colours["green"], layer="landcover",
             when=roads("wood", "grass", "farmland", "wetland")),
        fill("built", "tiles", colours["built"], layer="landuse",
             when=roads("residential", "industrial", "commercial")),
        fill("water", "tiles", colours["sea"], layer="water"),
        line("rivers", "tiles", colours["river"], [(8, 0.8), (14, 3)], layer="waterway"),
        fill("buildings", "tiles", colours["built"], layer="building"),
        line("streets", "tiles", colours["street"], [(11, 0.5), (14, 3), (18, 12)], layer="transportation",
             when=roads("minor", "service", "tertiary", "track"), least=11),
        line("roads-casing", "tiles", colours["casing"], [(7, 1.2), (12, 4), (18, 22)], layer="transportation",
             when=roads("trunk", "primary", "secondary"), least=7),
        line("roads", "tiles", colours["street"], [(7, 0.6), (12, 2.6), (18, 18)], layer="transportation",
             when=roads("trunk", "primary", "secondary"), least=7),
        line("motorways", "tiles", colours["road"], [(5, 0.7), (10, 2.4), (18, 20)], layer="transportation",
             when=roads("motorway"), least=5),
        line("provinces", "tiles", colours["inner"], [(5, 0.6), (12, 1.6)], layer="boundary", dash=[4, 2],
             when=["all", [">", ["get", "admin_level"], 2], ["<=", ["get", "admin_level"], 6]], least=6),
        line("countries", "tiles", colours["border"], [(3, 0.6), (10, 2)], layer="boundary",
             when=["==", ["get", "admin_level"], 2]),
        text("street-names", "tiles", name, [(13, 10), (18, 14)], colours, layer="transportation_name",
             faint=True, layout={"symbol-placement": "line"}),
        *_names(colours, name, "place", "class"),
    ]  # fmt: skip


def protomaps(colours: Palette, language: str) -> list[Layer]:
    """Layers over vector tiles of the Protomaps schema; source: tiles."""
    name = ["coalesce", ["get", f"name:{language}"], ["get", "name"]]

    def kinds(*values: str) -> list[Any]:
        return ["match", ["get", "kind"], list(values), True, False]

    return [
        background(colours["sea"]),
        fill("earth", "tiles", colours["home"], layer="earth"),
        fill("green", "tiles", colours["green"], layer="landuse",
             when=kinds("forest", "wood", "park", "nature_reserve", "grassland")),
        fill("water", "tiles", colours["sea"], layer="water"),
        fill("buildings", "tiles", colours["built"], layer="buildings"),
        line("streets", "tiles", colours["street"], [(11, 0.5), (14, 3), (18, 12)], layer="roads",
             when=kinds("minor_road", "other"), least=11),
        line("roads-casing", "tiles", colours["casing"], [(7, 1.2), (12, 4), (18, 22)], layer="roads",
             when=kinds("major_road", "medium_road"), least=7),
        line("roads", "tiles", colours["street"], [(7, 0.6), (12, 2.6), (18, 18)], layer="roads",
             when=kinds("major_road", "medium_road"), least=7),
        line("motorways", "tiles", colours["road"], [(5, 0.7), (10, 2.4), (18, 20)], layer="roads",
             when=kinds("highway"), least=5),
        line("provinces", "tiles", colours["inner"], [(5, 0.6), (12, 1.6)], layer="boundaries", dash=[4, 2],
             when=kinds("region", "macrocounty", "county"), least=6),
        line("countries", "tiles", colours["border"], [(3, 0.6), (10, 2)], layer="boundaries",
             when=kinds("country")),
        text("street-names", "tiles", name, [(13, 10), (18, 14)], colours, layer="roads",
             faint=True, layout={"symbol-placement": "line"}),
        *_names(colours, name, "places", "kind"),
    ]  # fmt: skip


def _names(colours: Palette, name: Any, layer: str, key: str) -> list[Layer]:
    small = ["match", ["get", key], ["village", "suburb", "hamlet", "neighbourhood"], True, False]
    large = ["match", ["get", key], ["city", "town", "locality"], True, False]
    return [
        text("villages", "tiles", name, [(9, 10.5), (14, 13)], colours, layer=layer, when=small, faint=True),
        text("towns", "tiles", name, [(4, 10.5), (8, 12.5), (14, 18)], colours, layer=layer, when=large),
        {**text("names", "tiles", name, [(3, 10), (7, 15)], colours, layer=layer, faint=True,
                when=["==", ["get", key], "country"], layout={"text-transform": "uppercase"}), "maxzoom": 7},
    ]  # fmt: skip
