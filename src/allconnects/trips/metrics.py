"""What computing trips tells Prometheus. No label ever names a device or an organisation."""

from __future__ import annotations

from prometheus_client import Counter

devices = Counter("allconnects_trips_devices", "Devices of which trips were computed anew")
rows = Counter("allconnects_trips_rows", "Trips and stops that were written")
failed = Counter("allconnects_trips_failed", "Devices of which trips could not be computed and are tried again")
