"""Tiles out of one PMTiles file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from pmtiles import reader as pmtiles
from pmtiles.tile import Compression, TileType

from allconnects.integrations.basemap.source import BasemapError, Description, Tile, description

LIBRARY: Any = pmtiles
"""Has no types of its own."""
MEDIA = {
    TileType.MVT: "application/vnd.mapbox-vector-tile",
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
    TileType.AVIF: "image/avif",
}
ENCODING = {Compression.NONE: "", Compression.GZIP: "gzip", Compression.BROTLI: "br", Compression.ZSTD: "zstd"}


class Archive:
    """A PMTiles file (version 3), read through a memory map."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: tuple[Any, dict[str, Any]] | None = None
        self._lock = threading.Lock()

    def _reader(self) -> tuple[Any, dict[str, Any]]:
        with self._lock:
            if self._open is None:
                try:
                    with self.path.open("rb") as file:
                        reader = LIBRARY.Reader(LIBRARY.MmapSource(file))
                    self._open = reader, reader.header()
                except Exception as error:
                    raise BasemapError("the PMTiles file cannot be read") from error
            return self._open

    def describe(self) -> Description:
        """Zooms, bounds and layer names out of header and metadata."""
        reader, header = self._reader()
        try:
            metadata = reader.metadata()
        except Exception as error:
            raise BasemapError("the PMTiles file cannot be read") from error
        media = MEDIA.get(header["tile_type"], "")
        edges = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
        return description(
            {
                **metadata,
                "format": media.removeprefix("image/") if media.startswith("image/") else "pbf",
                "minzoom": header["min_zoom"],
                "maxzoom": header["max_zoom"],
                "bounds": [header[edge] / 1e7 for edge in edges],
            }
        )

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """One tile, still compressed as it is in the file."""
        reader, header = self._reader()
        try:
            data = reader.get(z, x, y)
        except Exception as error:
            raise BasemapError("the PMTiles file cannot be read") from error
        if not data:
            return None
        media = MEDIA.get(header["tile_type"], "application/octet-stream")
        return Tile(bytes(data), media, ENCODING.get(header["tile_compression"], ""))
