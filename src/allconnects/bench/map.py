"""``bench map``: thousands of devices that all move, in a browser without a GPU, and what its stream costs.

A fresh store, the real web process, devices that are told on the bus as the gateway tells them, and a headless Chromium
on software rendering; all share the machine. Needs the package ``playwright`` and an installed Chromium.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from allconnects.bench.ingest import BenchError, _child, _command, _free_port
from allconnects.bench.map_fleet import CITY, MovingFleet
from allconnects.kit.postgres import EmbeddedPostgres

DEVICES = 5000
REPORT_EVERY_S = 5.0
SCENE_S = 12.0
STREAM_S = 30.0
COUNTRY = (2.45, 49.45, 6.45, 51.55)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip
_READY = """(devices) => window.allconnectsMap && window.allconnectsMap.fleet.devices.size >= devices
  && window.allconnectsMap.map.loaded() && window.allconnectsMap.view.overlay.frames > 0"""
_COUNT = """async (ms) => {
  const { view } = window.allconnectsMap;
  const perSecond = [];
  for (let part = 0; part < ms / 1000; part++) {
    const began = performance.now(), before = view.overlay.frames;
    await new Promise((done) => setTimeout(done, 1000));
    perSecond.push((view.overlay.frames - before) * 1000 / (performance.now() - began));
  }
  return perSecond;
}"""
"""Pictures of the symbols in each second, counted where they are drawn."""
_DRAG = """async (ms) => {
  const { map } = window.allconnectsMap;
  let frames = 0;
  const count = () => { frames++; };
  map.on('render', count);
  const began = performance.now();
  while (performance.now() - began < ms) {
    map.panBy([(performance.now() - began) % 2000 < 1000 ? 240 : -240, 0], { duration: 900, easing: (t) => t });
    await new Promise((done) => setTimeout(done, 950));
  }
  map.off('render', count);
  return frames * 1000 / (performance.now() - began);
}"""
"""Pictures of the whole map, background and symbols, while it is dragged."""
_PLAIN = """async (ms) => {
  const { map, fleet, view } = window.allconnectsMap;
  view.overlay.canvas.hidden = true;
  view.overlay.tick = () => {};
  const { placeAt } = await import('/static/live/fleet.js');
  const pixel = { width: 12, height: 12, data: new Uint8Array(12 * 12 * 4).fill(200) };
  map.addImage('plain', pixel);
  map.addSource('plain', { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
  map.addLayer({ id: 'plain', type: 'symbol', source: 'plain', layout: { 'icon-image': 'plain',
    'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-rotate': ['get', 'course'] } });
  const source = map.getSource('plain');
  let frames = 0;
  const perSecond = [];
  let second = performance.now();
  const end = second + ms;
  while (performance.now() < end) {
    const now = performance.now();
    const features = [...fleet.devices.values()].filter((d) => d.at).map((d) => {
      const place = placeAt(d, now);
      return { type: 'Feature', properties: { id: d.id, name: d.name, course: d.course ?? 0 },
        geometry: { type: 'Point', coordinates: [place.lon, place.lat] } };
    });
    await new Promise((done) => {
      const seen = (event) => {
        if (event.sourceId !== 'plain' || !event.isSourceLoaded || event.sourceDataType === 'metadata') return;
        map.off('sourcedata', seen);
        map.once('render', done);
        map.triggerRepaint();
      };
      map.on('sourcedata', seen);
      source.setData({ type: 'FeatureCollection', features });
    });
    frames++;
    if (performance.now() - second >= 1000) {
      perSecond.push(frames * 1000 / (performance.now() - second));
      frames = 0;
      second = performance.now();
    }
  }
  map.removeLayer('plain');
  map.removeSource('plain');
  map.removeImage('plain');
  delete view.overlay.tick;
  view.overlay.canvas.hidden = false;
  return perSecond;
}"""
"""The plain way: all devices handed to the map as GeoJSON for every picture, as soon as it has drawn the one before."""


def run(*, as_json: bool, devices: int = DEVICES) -> int:
    """Measure and print. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="allconnects-bench-") as folder:
        result = measure(Path(folder), devices)
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        for name, value in result.items():
            print(f"{name:32} {value:>12,.1f}")  # noqa: T201
    return 0


def measure(folder: Path, devices: int) -> dict[str, Any]:
    """All figures of one run."""
    web, environment = _free_port(), _environment(folder)
    environment["ALLCONNECTS_PORT"] = str(web)
    with EmbeddedPostgres(folder / "home") as postgres:
        _command("migrate", environment)
        dsn = postgres.dsn.replace("dbname=postgres", "dbname=allconnects")
        ids = _devices(dsn, devices)
        with MovingFleet(dsn, ids, REPORT_EVERY_S) as fleet, _child("web", environment, web):
            cookie = _command("bench-session", environment).strip()
            with _page(f"http://127.0.0.1:{web}", cookie) as (page, stream):
                result = _scenes(page, stream, devices)
            fleet.check()
    return result


def _environment(folder: Path) -> dict[str, str]:
    (folder / "home").mkdir(mode=0o700)
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("ALLCONNECTS_") and k != "DATABASE_URL"},
        "ALLCONNECTS_HOME": str(folder / "home"),
        "ALLCONNECTS_VAULT_ROOT": str(folder / "vault.root"),
        "OPENBLAS_NUM_THREADS": "1",
    }


def _devices(dsn: str, count: int) -> list[int]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO accounts_organisation (name, slug, takes_unknown_devices, created_at) "
            "VALUES ('Bench', 'bench', true, now())"
        )
        rows = connection.execute(
            "INSERT INTO telemetry_device "
            "(organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
            "SELECT o.id, 'Truck ' || i, 'vehicle', i, '', '', now() "
            "FROM accounts_organisation o, generate_series(1, %s) i RETURNING id",
            (count,),
        ).fetchall()
    return [row[0] for row in rows]


@contextmanager
def _page(url: str, cookie: str) -> Iterator[Any]:
    """A signed-in browser at the map."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise BenchError("this benchmark needs the package playwright") from error
    found = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *_BROWSERS))), None)
    if found is None:
        raise BenchError("this benchmark needs an installed Chromium: set CHROMIUM to its path")
    name, _, value = cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en")
        context.add_cookies([{"name": name, "value": value, "url": url}])
        page = context.new_page()
        stream = _Stream(page)
        page.goto(url + "/map/")
        yield page, stream
        browser.close()


def _scenes(page: Any, stream: _Stream, devices: int) -> dict[str, Any]:
    page.wait_for_function(_READY, arg=devices, timeout=120_000)
    result: dict[str, Any] = {"devices": devices, "report_every_s": REPORT_EVERY_S}
    places: dict[str, dict[str, Any]] = {"belgium": {"bounds": COUNTRY}, "city": {"centre": CITY, "zoom": 11.5}}
    for name, place in places.items():
        _go(page, place)
        result[f"devices_in_view_{name}"] = page.evaluate("() => window.allconnectsMap.view.inView()")
        result[f"stream_kb_per_s_{name}"] = stream.kb_per_s(STREAM_S)
        result[f"frames_per_s_{name}"] = statistics.median(page.evaluate(_COUNT, SCENE_S * 1000))
        result[f"frames_per_s_dragging_{name}"] = page.evaluate(_DRAG, SCENE_S / 2 * 1000)
        plain = page.evaluate(_PLAIN, SCENE_S * 1000)
        result[f"frames_per_s_plain_{name}"] = statistics.median(plain or [0.0])
    result["frames_per_s"] = min(result["frames_per_s_belgium"], result["frames_per_s_city"])
    result["frames_per_s_plain"] = min(result["frames_per_s_plain_belgium"], result["frames_per_s_plain_city"])
    result["stream_kb_per_s"] = result["stream_kb_per_s_city"]
    return result


def _go(page: Any, place: dict[str, Any]) -> None:
    page.evaluate(
        """({ bounds, centre, zoom }) => { const { map } = window.allconnectsMap;
          if (bounds) map.fitBounds(bounds, { duration: 0 }); else map.jumpTo({ center: centre, zoom }); }""",
        place,
    )
    time.sleep(4)


class _Stream:
    """Bytes of the live stream as they came over the wire to the browser, headers of HTTP left out."""

    def __init__(self, page: Any) -> None:
        self._page, self._streams, self._bytes = page, set[str](), 0
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._request)
        session.on("Network.dataReceived", self._data)
        session.send("Network.enable")

    def _request(self, event: dict[str, Any]) -> None:
        if "/map/stream" in event["request"]["url"]:
            self._streams.add(event["requestId"])

    def _data(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._streams:
            self._bytes += event["encodedDataLength"]

    def kb_per_s(self, seconds: float) -> float:
        """Over the next so many seconds, in units of 1,000 bytes."""
        before, began = self._bytes, time.monotonic()
        self._page.wait_for_timeout(seconds * 1000)
        return (self._bytes - before) / 1000 / (time.monotonic() - began)
