"""What a browser gets: only addresses of ours, whatever the source does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integrations.basemap.stand_in import Host, host
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from django.test import Client

    from allconnects.integrations.basemap.source import Source

SOURCES = Path(__file__).resolve().parents[3] / "src/allconnects/site/static"


@pytest.fixture
def client(client_of: Callable[..., Client]) -> Client:
    return client_of("viewer")


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: None) -> Iterator[Host]:
    """The stand-in is the source that is set."""
    from allconnects.integrations.basemap import views
    from allconnects.integrations.basemap.cache import Cache
    from allconnects.integrations.basemap.fetch import Fetcher
    from allconnects.integrations.basemap.remote import Remote

    with host() as running:
        url = running.url + "/tiles.json"
        source: Source = Remote(url, Fetcher(url, timeout_s=PATIENCE_S), Cache(tmp_path))
        monkeypatch.setattr(views, "provider", lambda: source)
        monkeypatch.setattr(views, "_trouble_until", 0)
        yield running


def _addresses(style: dict[str, Any]) -> list[str]:
    return [tile for source in style["sources"].values() for tile in (source.get("tiles") or [source["data"]])]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_offline_style_names_files_that_the_build_made(client: Client, theme: str) -> None:
    style = client.get("/basemap/style.json", {"theme": theme}).json()
    assert style["name"] == f"allconnects {theme}"
    assert "glyphs" not in style
    assert "sprite" not in style
    for address in _addresses(style):
        assert address.startswith("/static/")
        document = json.loads((SOURCES / address.removeprefix("/static/")).read_text("utf-8"))
        assert document["features"]
    assert "GeoNames" in style["sources"]["land"]["attribution"]


def test_names_follow_the_language_of_the_page(client: Client) -> None:
    style = client.get("/basemap/style.json", headers={"accept-language": "nl"}).json()
    towns = next(layer for layer in style["layers"] if layer["id"] == "towns")
    assert towns["layout"]["text-field"] == ["coalesce", ["get", "nl"], ["get", "n"]]


def test_an_online_style_points_only_to_us(client: Client, online: Host) -> None:
    style = client.get("/basemap/style.json").json()
    assert _addresses(style) == ["http://localhost/basemap/tiles/{z}/{x}/{y}"]
    assert online.url not in json.dumps(style)
    assert style["metadata"]["allconnects:online"] is True


def test_a_tile_comes_through_us(client: Client, online: Host) -> None:
    answer = client.get("/basemap/tiles/3/4/2")
    assert (answer.status_code, answer.content) == (200, b"tile /tiles/3/4/2.pbf")
    assert "private" in answer["Cache-Control"]


def test_a_failing_host_gives_empty_tiles_and_a_notice(client: Client, online: Host) -> None:
    assert client.get("/basemap/status").json() == {"available": True}
    online.faults = {"/tiles/3/4/2.pbf": "error"}
    answer = client.get("/basemap/tiles/3/4/2")
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get("/basemap/status").json() == {"available": False}


def test_a_host_that_is_away_gives_the_offline_map_and_says_so(client: Client, online: Host) -> None:
    online.faults = {"/tiles.json": "error"}
    style = client.get("/basemap/style.json").json()
    assert style["metadata"] == {"allconnects:online": False, "allconnects:unavailable": True}
    assert all(address.startswith("/static/") for address in _addresses(style))


@pytest.mark.parametrize("path", ["23/0/0", "2/4/0", "2/0/4"])
def test_a_tile_that_cannot_be_is_not_asked_for(client: Client, online: Host, path: str) -> None:
    assert client.get(f"/basemap/tiles/{path}").status_code == 404
    assert online.asked == []
