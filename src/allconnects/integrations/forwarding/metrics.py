"""How forwarding goes, by protocol; nothing that names a tenant."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

sent = Counter("allconnects_forwarding_sent", "Positions handed over.", ["kind"])
failures = Counter("allconnects_forwarding_failures", "Batches that could not be handed over.", ["kind"])
lag = Gauge(
    "allconnects_forwarding_lag_seconds", "Age of the oldest receipt not handed over, at the slowest target of a kind.",
    ["kind"], multiprocess_mode="mostrecent",
)  # fmt: skip
