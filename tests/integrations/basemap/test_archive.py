"""Tiles out of a PMTiles file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from allconnects.integrations.basemap.archive import Archive
from allconnects.integrations.basemap.source import BasemapError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one tile of the Protomaps schema."""
    file = tmp_path / "belgium.pmtiles"
    with file.open("wb") as out:
        writer = Writer(out)
        writer.write_tile(zxy_to_tileid(2, 2, 1), gzip.compress(b"a tile"))
        header = {
            "tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "min_zoom": 2, "max_zoom": 2,
            "min_lon_e7": 25000000, "min_lat_e7": 494000000, "max_lon_e7": 64000000, "max_lat_e7": 515000000,
            "center_zoom": 2, "center_lon_e7": 0, "center_lat_e7": 0,
        }  # fmt: skip
        writer.finalize(header, {"vector_layers": [{"id": "earth"}, {"id": "roads"}], "attribution": "© OSM"})
    return file


def test_a_tile_as_it_is_in_the_file(path: Path) -> None:
    found = Archive(path).tile(2, 2, 1)
    assert found is not None
    assert (found.encoding, gzip.decompress(found.data)) == ("gzip", b"a tile")
    assert Archive(path).tile(2, 0, 0) is None


def test_what_the_file_says_about_itself(path: Path) -> None:
    about = Archive(path).describe()
    assert (about.schema, about.minzoom, about.maxzoom, about.attribution) == ("protomaps", 2, 2, "© OSM")
    assert about.bounds == pytest.approx((2.5, 49.4, 6.4, 51.5))


@pytest.mark.parametrize("content", [b"", b"PMTiles", bytes(200), b"PMTiles\x03" + bytes(300)])
def test_a_broken_file_is_one_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.pmtiles"
    file.write_bytes(content)
    with pytest.raises(BasemapError):
        _read_all(Archive(file))


def _read_all(archive: Archive) -> None:
    archive.describe()
    archive.tile(1, 1, 1)


def test_a_file_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(BasemapError):
        Archive(tmp_path / "none.pmtiles").describe()
