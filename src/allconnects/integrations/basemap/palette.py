"""Colours of the map under the symbols: quiet, so that the symbols speak."""

from __future__ import annotations

from typing import Literal, TypedDict

Theme = Literal["light", "dark"]


class Palette(TypedDict):
    """One colour for each thing that a map style paints."""

    sea: str
    land: str
    home: str
    green: str
    built: str
    border: str
    inner: str
    river: str
    road: str
    street: str
    casing: str
    text: str
    faint: str
    halo: str
    dot: str


PALETTES: dict[Theme, Palette] = {
    "light": {
        "sea": "#cbdeea", "land": "#efeeea", "home": "#faf9f6", "green": "#e3ecd9", "built": "#ecebe6",
        "border": "#7c7f96", "inner": "#b9bccb", "river": "#a9c8dc", "road": "#f6d488", "street": "#ffffff",
        "casing": "#d8d5cc", "text": "#3a4255", "faint": "#5d667a", "halo": "#ffffff", "dot": "#6b7280",
    },
    "dark": {
        "sea": "#0c1620", "land": "#18212c", "home": "#1f2a37", "green": "#1c2b2a", "built": "#233040",
        "border": "#66758c", "inner": "#3c4a5e", "river": "#17324a", "road": "#5b4f33", "street": "#2f3c4d",
        "casing": "#121a24", "text": "#c3cedd", "faint": "#8d9bb0", "halo": "#101820", "dot": "#7c8aa0",
    },
}  # fmt: skip
