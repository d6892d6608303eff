"""What sealing tells Prometheus. No label ever names a device or an organisation."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

lag = Gauge(
    "allconnects_seal_lag_seconds", "Age of the oldest position that is in no segment", multiprocess_mode="mostrecent"
)
waiting = Gauge("allconnects_seal_waiting_rows", "Positions that are in no segment yet", multiprocess_mode="mostrecent")
days = Counter("allconnects_seal_days", "Days of devices that were sealed")
segments = Counter("allconnects_seal_segments", "Segments written")
failed = Counter("allconnects_seal_failed", "Days that could not be sealed and are tried again")
