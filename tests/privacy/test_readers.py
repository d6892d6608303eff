"""Which modules read rows that say where people are or were, and how each keeps to what they let others see.

Addresses are walked by ``tests/permissions/test_readings.py``. This one looks from the other end: jobs, mails,
webhooks, forwarding, shared links and exports have no address, but they read the same tables. A module that reads one
and is not listed here fails the test: whoever writes it decides.
"""

from __future__ import annotations

import re
from pathlib import Path

import allconnects

ROOT = Path(allconnects.__file__).parent
READS = re.compile(
    r"(FROM|JOIN) (trips_trip|trips_stop|places_visit|telemetry_live|telemetry_position|telemetry_segment|"
    r"fleet_occupancy|telemetry_occupancy|alerts_alert|fleet_custody|live_use)\b"
    r"|\{SEEN\}|\bOccupancy\.objects|\bAlert\.objects|read_hot\(|read_segments\("
)
SHOWS = {
    "live places: SEEN, covered, noted by live.watched": (
        "telemetry/live/snapshot.py", "telemetry/live/watched.py", "telemetry/services.py",
        "products/live_connects/shares.py", "fleet/services/materials.py",
    ),
    "tracks: store.sight and veil, noted by the reader": (
        "telemetry/store/reader.py", "telemetry/store/values.py", "telemetry/store/sight.py",
        "integrations/forwarding/services.py",
    ),
    "trips and stops: trips.sighted": (
        "trips/reading.py", "trips/private.py", "products/live_connects/team_day.py",
    ),
    "visits: places.sighted": ("places/reading.py",),
    "alerts: alerts.services.sighted, their messages too": (
        "alerts/services/sighted.py", "alerts/services/inbox.py", "products/live_connects/dashboard.py",
    ),
    "presence: fleet.noted": (
        "fleet/services/presence.py", "fleet/services/overview.py", "fleet/services/inbox.py",
        "products/live_connects/register/rows.py",
    ),
    "reports and hours: reports.data.others, payroll": (
        "reports/data/trips.py", "reports/data/stops.py", "reports/data/places.py", "reports/payroll.py",
        "reports/data/exceptions.py", "reports/data/mileage.py",
    ),
    "the copy of an organisation that leaves, for its owner: in the audit chain": ("telemetry/departing.py",),
    "what an authority gets: a case of its own, in the audit chain": ("trips/disclosing.py", "fleet/disclosing.py"),
}  # fmt: skip
SHOWS_NOT = {
    "works out, stores, seals or lets go": (
        "places/visits.py", "places/jobs.py", "places/attribution.py", "places/due.py", "places/labels.py",
        "telemetry/gateway/directory.py", "telemetry/handing.py", "telemetry/keeping/services.py",
        "telemetry/store/sealing.py", "telemetry/store/hot.py", "telemetry/store/occupancy.py",
        "telemetry/store/retention.py", "telemetry/store/segments.py", "telemetry/erasing.py", "fleet/erasing.py",
        "trips/recompute.py", "alerts/services/record.py", "alerts/services/watch.py", "alerts/services/upkeep.py",
        "alerts/services/scheduled.py", "alerts/pulse.py", "alerts/labels.py", "fleet/services/tracks.py",
        "fleet/services/listening.py", "fleet/private/feeding.py", "fleet/private/button.py",
        "fleet/private/planning.py", "products/live_connects/counting.py", "reports/investigating.py",
    ),
    "states, odometers and sums of things by day: no times, no places": (
        "telemetry/listing.py", "integrations/traccar_api/views.py", "maintenance/services/usage.py",
        "maintenance/services/idle.py", "maintenance/services/due.py", "maintenance/services/readings.py",
        "reports/data/vehicles.py", "reports/logbook_list.py", "reports/odometer.py",
        "products/live_connects/first_hour.py", "products/live_connects/subjects.py",
    ),
    "what somebody is told of himself": (
        "products/live_connects/register/scan.py", "products/fleet_tracker/free.py",
    ),
}  # fmt: skip


def test_every_module_that_reads_where_people_are_is_decided() -> None:
    found = {
        str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py")
        if not {"migrations", "bench"} & set(path.parts) and READS.search(path.read_text("utf-8"))
    }  # fmt: skip
    listed = [name for names in (*SHOWS.values(), *SHOWS_NOT.values()) for name in names]
    assert found - set(listed) == set(), "say in which way this keeps to what people let others see, or why it need not"
    assert {name for name in listed if not (ROOT / name).exists()} == set(), "these exist no longer"
    assert len(listed) == len(set(listed))
