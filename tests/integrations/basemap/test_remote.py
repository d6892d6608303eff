"""Tiles of a host, through us: what it learns, what is kept, and what its faults do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from allconnects.integrations.basemap.cache import Cache
from allconnects.integrations.basemap.fetch import Fetcher
from allconnects.integrations.basemap.remote import Remote
from allconnects.integrations.basemap.source import BasemapError
from allconnects.kit import clock
from tests.integrations.basemap.stand_in import Host, host
from tests.waiting import PATIENCE_S

TILE = "/tiles/3/4/2.pbf"


@pytest.fixture
def server() -> Iterator[Host]:
    with host() as running:
        yield running


def _remote(server: Host, folder: Path, document: str = "/tiles.json", timeout_s: float = PATIENCE_S) -> Remote:
    url = server.url + document
    return Remote(url, Fetcher(url, timeout_s=timeout_s, max_bytes=200_000), Cache(folder))


@pytest.mark.parametrize("document", ["/tiles.json", "/style.json"])
def test_a_tile_of_a_tilejson_or_a_style(server: Host, tmp_path: Path, document: str) -> None:
    found = _remote(server, tmp_path, document).tile(3, 4, 2)
    assert found is not None
    assert found.data == b"tile " + TILE.encode()
    assert found.media_type == "application/vnd.mapbox-vector-tile"


def test_the_host_learns_nothing_of_who_asks(server: Host, tmp_path: Path) -> None:
    _remote(server, tmp_path).tile(3, 4, 2)
    for _, headers in server.asked:
        assert set(headers) == {"host", "user-agent", "accept-encoding"}
        assert headers["user-agent"].startswith("allconnects")


def test_attribution_is_plain_text(server: Host, tmp_path: Path) -> None:
    about = _remote(server, tmp_path).describe()
    assert about.attribution == "© Examplex"
    assert about.schema == "openmaptiles"
    assert (about.minzoom, about.maxzoom) == (0, 14)


def test_what_is_fresh_is_not_asked_again(server: Host, tmp_path: Path) -> None:
    remote = _remote(server, tmp_path)
    remote.tile(3, 4, 2)
    before = len(server.asked)
    assert remote.tile(3, 4, 2) is not None
    assert len(server.asked) == before


def test_what_is_stale_is_asked_again_and_serves_when_the_host_fails(server: Host, tmp_path: Path) -> None:
    remote = _remote(server, tmp_path)
    remote.tile(3, 4, 2)
    with clock.at(clock.now() + timedelta(days=8)):
        before = len(server.asked)
        server.faults = {TILE: "error", "/tiles.json": "error"}
        found = remote.tile(3, 4, 2)
        assert found is not None
        assert found.data == b"tile " + TILE.encode()
        assert len(server.asked) > before


def test_where_the_host_has_nothing_there_is_no_tile(server: Host, tmp_path: Path) -> None:
    server.faults = {TILE: "absent"}
    remote = _remote(server, tmp_path)
    assert remote.tile(3, 4, 2) is None
    asked = len(server.asked)
    assert remote.tile(3, 4, 2) is None
    assert len(server.asked) == asked, "that there is nothing is remembered too"


@pytest.mark.parametrize("fault", ["error", "huge", "slow", "drip", "away", "circle"])
def test_a_fault_of_the_host_is_one_error_in_bounded_time(server: Host, tmp_path: Path, fault: str) -> None:
    server.faults = {TILE: fault}
    remote = _remote(server, tmp_path)
    remote.describe()
    remote.fetcher.timeout_s = 0.3  # a slow or dripping host would have served its tile some day
    with pytest.raises(BasemapError) as caught:
        remote.tile(3, 4, 2)
    assert TILE not in caught.value.message, "an error that names a tile tells who looks where"


def test_a_redirect_on_the_same_host_is_followed(server: Host, tmp_path: Path) -> None:
    server.faults = {TILE: "moved"}
    found = _remote(server, tmp_path).tile(3, 4, 2)
    assert found is not None
    assert found.data == b"tile /moved"


def test_tiles_of_another_host_are_refused(server: Host, tmp_path: Path) -> None:
    server.document["tiles"] = ["http://169.254.169.254/{z}/{x}/{y}"]
    with pytest.raises(BasemapError, match="another host"):
        _remote(server, tmp_path).tile(3, 4, 2)


@pytest.mark.parametrize("document", [[], {"tiles": []}, {"tiles": [3]}, {"sources": {}}, {"sources": 3}])
def test_a_document_that_names_no_tiles_is_refused(server: Host, tmp_path: Path, document: object) -> None:
    server.document = document  # type: ignore[assignment]
    with pytest.raises(BasemapError):
        _remote(server, tmp_path).tile(3, 4, 2)


def test_unknown_layers_are_refused(server: Host, tmp_path: Path) -> None:
    server.document["vector_layers"] = [{"id": "soil"}]
    with pytest.raises(BasemapError, match="schema"):
        _remote(server, tmp_path).describe()


def test_the_cache_stays_in_its_bounds_and_drops_the_oldest(tmp_path: Path) -> None:
    cache = Cache(tmp_path, max_bytes=10_000)
    for number in range(30):
        with clock.at(clock.now() + timedelta(seconds=number)):
            cache.put(str(number), bytes(1000))
    cache.sweep()
    assert sum(path.stat().st_size for path in tmp_path.glob("??/*")) <= 8_000
    assert cache.get("0") is None
    assert cache.get("29") is not None
