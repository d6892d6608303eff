"""List pages and list operations of every room, in an organisation of 5,000 vehicles and 2,000 people.

Which pages there are is read from the addresses: every page and every GET operation that needs no id. What does not
answer with 200 to an owner (files to be posted, streams) is left out and told.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from allconnects.kit import config, db
from allconnects.kit.postgres import EmbeddedPostgres

VEHICLES, PEOPLE, MATERIALS, PLACES, ALERTS, CASES = 5000, 2000, 3000, 500, 2000, 5000
LIMIT_MS: Final = 100.0
_ROUNDS: Final = 5
LEFT_OUT: Final = frozenset({"live:stream", "live:share_stream"})
"""They do not end."""
_STAMPS: Final = "now(), now(), 1"
SEEDS: Final = (
    "INSERT INTO fleet_person (id, organisation_id, first_name, last_name, number, joint_committee, languages, groups, "
    "created_at, changed_at, version) SELECT gen_random_uuid(), %(o)s, 'Ann', 'Example-' || n, n::text, '', '{{}}', "
    f"'{{{{}}}}', {_STAMPS} FROM generate_series(1, %(people)s) n",
    "INSERT INTO fleet_vehicle (organisation_id, name, plate, vin, vehicle_class, fuel, brand, model, groups, state, "
    "note, created_at, changed_at, version) SELECT %(o)s, 'Van ' || n, '1-ABC-' || n, '', 'van', 'diesel', '', '', "
    f"ARRAY['g' || n %% 20], 'active', '', {_STAMPS} FROM generate_series(1, %(vehicles)s) n",
    "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
    "SELECT %(o)s, 'T' || id, 'vehicle', 'list-' || id, '', '', now() FROM fleet_vehicle WHERE organisation_id = %(o)s",
    "INSERT INTO telemetry_live (organisation_id, device_id, report_at, fix_time, lat_e7, lon_e7, speed_kmh) "
    "SELECT %(o)s, id, now(), now(), 510000000 + id %% 1000 * 1000, 44000000 + id %% 997 * 1000, id %% 90 "
    "FROM telemetry_device WHERE organisation_id = %(o)s",
    "INSERT INTO fleet_installation (organisation_id, device_id, vehicle_id, main, during) SELECT %(o)s, d.id, v.id, "
    "true, '[2026-01-01,)' FROM fleet_vehicle v JOIN telemetry_device d ON d.identifier = 'list-' || v.id "
    "WHERE v.organisation_id = %(o)s",
    "INSERT INTO fleet_occupancy (organisation_id, vehicle_id, person_id, role, during, source, rank) SELECT %(o)s, "
    "v.id, p.id, 'driver', '[2026-01-01,)', 'badge', 2 FROM (SELECT id, row_number() OVER () AS n FROM fleet_vehicle "
    "WHERE organisation_id = %(o)s) v JOIN (SELECT id, row_number() OVER () AS n FROM fleet_person "
    "WHERE organisation_id = %(o)s) p USING (n)",
    "INSERT INTO fleet_material (organisation_id, name, category, serial, token, brand, model, groups, note, "
    "created_at, changed_at, version) SELECT %(o)s, 'Drill ' || n, 'tool', 's' || n, md5(%(o)s || '-' || n), '', '', "
    f"'{{{{}}}}', '', {_STAMPS} FROM generate_series(1, %(materials)s) n",
    "INSERT INTO places_place (organisation_id, kind, name, number, address, colour, works_declaration, timezone, "
    "dwell_s, shape, west, south, east, north, lon, lat, version, created_at, changed_at) SELECT %(o)s, 'site', "
    "'Site ' || n, '', '', 'blue', '', 'Europe/Brussels', 180, jsonb_build_object('type', 'Circle', 'radius_m', 100, "
    "'coordinates', jsonb_build_array(x, 51.1)), x - 0.01, 51.09, x + 0.01, 51.11, x, 51.1, 1, now(), now() "
    "FROM generate_series(1, %(places)s) n CROSS JOIN LATERAL (SELECT 4 + n / 1000.0 AS x) at",
    "WITH rule AS (INSERT INTO alerts_rule (organisation_id, name, kind, params, scope, state, severity, roles, "
    "channels, escalate_role, digest_minutes, version, created_at, changed_at) VALUES (%(o)s, 'Tow', 'tow', '{{}}', "
    "'{{}}', 'live', 'info', '[]', '[]', '', 0, 1, now(), now()) RETURNING id) "
    "INSERT INTO alerts_alert (organisation_id, rule_id, device, subject, subject_name, start_at, raised_at, handling, "
    "notified, corrected, changed_at) SELECT %(o)s, rule.id, 0, 'device:' || n, 'Van ' || n, "
    "now() - n * interval '1 minute', now(), 'open', true, false, now() FROM rule, generate_series(1, %(alerts)s) n",
    'INSERT INTO privacy_case (id, organisation_id, reference, "right", channel, state, language, received_on, '
    "registered_at, due_on, wanted_on, closed_at, extension_reason, name, email, address, words, identity, code_hash, "
    "code_tries, message_hash, result) SELECT gen_random_uuid(), %(o)s, 'PR-26-' || n, 'access', 'email', "
    "CASE WHEN n %% 5 = 1 THEN 'identity' ELSE 'answered' END, 'nl', day, day, day + 30, day + 25, "
    "CASE WHEN n %% 5 = 1 THEN NULL ELSE now() - n * interval '1 hour' END, '', 'Ann Example-' || n, "
    "'ann' || n || '@example.org', '', repeat('What do you know of me? ', 40), '', '', 0, '', '{{}}' "
    "FROM generate_series(1, %(cases)s) n CROSS JOIN LATERAL (SELECT current_date - n %% 60 AS day) at",
)


def seed(
    owner: Any, organisation: int, *, vehicles: int = VEHICLES, people: int = PEOPLE, materials: int = MATERIALS,
    places: int = PLACES, alerts: int = ALERTS, cases: int = CASES,
) -> None:  # fmt: skip
    """Fill an organisation. ``owner``: an autocommit connection of the owner of the tables."""
    sizes = {"o": organisation, "vehicles": vehicles, "people": people, "materials": materials, "places": places,
             "alerts": alerts, "cases": cases}  # fmt: skip
    for text in SEEDS:
        owner.execute(text.replace("{{}}", "{}"), sizes)
    owner.execute("ANALYZE")


def addresses() -> Iterator[tuple[str, str]]:
    """Name and path of every page and GET operation that needs no id."""
    from django.urls import URLPattern, get_resolver

    def walk(entries: Any, space: str, path: str) -> Iterator[tuple[str, str]]:
        for entry in entries:
            here = path + str(entry.pattern)
            if not isinstance(entry, URLPattern):
                yield from walk(entry.url_patterns, f"{space}{entry.namespace}:" if entry.namespace else space, here)
            elif entry.name and not set(here) & set("<(^$"):
                yield f"{space}{entry.name}", f"/{here}"

    seen = set()
    for name, path in walk(get_resolver().url_patterns, "", ""):
        if name not in LEFT_OUT and path not in seen and not path.startswith(("/accounts/", "/admin/", "/metrics")):
            seen.add(path)
            yield name, path


def run(*, as_json: bool) -> int:
    """Measure and print. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="allconnects-bench-") as folder:
        result = _measure(Path(folder))
    if as_json:
        print(json.dumps(result))  # noqa: T201
        return 0
    for path, took in sorted(result["median_ms"].items(), key=lambda one: -one[1]):
        print(f"{took:10.1f} ms  {path}")  # noqa: T201
    return 0


def _measure(folder: Path) -> dict[str, Any]:
    for name in [name for name in os.environ if name.startswith("ALLCONNECTS_")]:
        del os.environ[name]
    os.environ.pop("DATABASE_URL", None)
    os.environ["ALLCONNECTS_HOME"] = str(folder / "home")
    os.environ["ALLCONNECTS_VAULT_ROOT"] = str(folder / "vault.root")
    os.environ["DJANGO_SETTINGS_MODULE"] = "allconnects.site.settings"
    config.current.cache_clear()
    with EmbeddedPostgres(folder / "home"):
        return _measured()


def _measured() -> dict[str, Any]:
    import django

    from allconnects.site.migrate import migrate

    migrate()
    db.set_process_role("owner")  # who founds an organisation; requests are the role web by themselves
    django.setup()
    from django.test import Client
    from django.test.utils import setup_test_environment

    from allconnects.accounts import joining, services
    from allconnects.site import asgi

    asgi.settle()
    setup_test_environment()
    client = Client(SERVER_NAME="localhost")
    organisation, secret = services.create_organisation("Bench", "owner@example.org")
    account = joining.join_anew(secret, "Owner", secrets.token_urlsafe(16), "en")
    client.force_login(account)  # an owner sees every page
    with db.connect("owner", autocommit=True) as owner:
        seed(owner, organisation.pk)
    took, out = {}, {}
    for _name, path in addresses():
        times = []
        for _ in range(_ROUNDS):
            begun = time.perf_counter()
            answer = client.get(path)
            times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code == 200:
            took[path] = round(statistics.median(times), 1)
        else:
            out[path] = answer.status_code
    slow = {path: ms for path, ms in took.items() if ms >= LIMIT_MS}
    return {"vehicles": VEHICLES, "people": PEOPLE, "median_ms": took, "slow_ms": slow, "left_out": out}
