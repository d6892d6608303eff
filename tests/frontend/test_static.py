"""Files of the pages: what templates and scripts name is there, and nothing is inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src/allconnects"
TEMPLATES = sorted(SOURCE.rglob("templates/**/*.html"))
SCRIPTS = sorted(p for p in SOURCE.rglob("static/**/*.js") if "vendor" not in p.parts)
STATIC = [
    SOURCE / "site/static",
    *(folder for depth in ("", "products/", "privacy/") for folder in SOURCE.glob(f"{depth}*/static")),
]
ICONS = set((SOURCE.parents[1] / "tools/frontend/icons.txt").read_text().split())
INLINE = re.compile(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\bsrc=)", re.IGNORECASE)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_no_template_has_inline_scripts_or_styles(path: Path) -> None:
    assert INLINE.findall(path.read_text("utf-8")) == []


def test_every_icon_is_in_the_sprite() -> None:
    used = {name for p in TEMPLATES for name in re.findall(r'{% icon "([a-z0-9-]+)"', p.read_text("utf-8"))}
    used |= {name for p in SCRIPTS for name in re.findall(r': "([a-z]+(?:-[a-z]+)*)"', p.read_text()) if name in ICONS}
    assert used <= ICONS, used - ICONS
    sprite = (SOURCE / "site/static/vendor/icons.svg").read_text()
    assert {name for name in used if f'<symbol id="{name}"' not in sprite} == set()


def test_every_static_file_that_a_template_names_exists() -> None:
    named = {n for p in TEMPLATES for n in re.findall(r"{% static '([^']+)' %}", p.read_text("utf-8"))}
    assert "live/main.js" in named
    assert {name for name in named if not any((folder / name).is_file() for folder in STATIC)} == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_scripts_load_only_from_us(path: Path) -> None:
    text = path.read_text()
    assert [url for url in re.findall(r"https?://[^\s\"'`)]+", text) if "www.w3.org" not in url] == []
    for module in re.findall(r'(?:from|import)\(?\s*"([^"]+)"', text):
        assert module.startswith("."), module
