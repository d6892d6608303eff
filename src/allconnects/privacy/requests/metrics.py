"""What requests tell Prometheus. No label ever names an organisation or a person."""

from __future__ import annotations

from prometheus_client import Gauge

waiting = Gauge(
    "allconnects_privacy_cases_open", "Requests of data subjects that wait for an answer",
    multiprocess_mode="mostrecent",
)  # fmt: skip
overdue = Gauge(
    "allconnects_privacy_cases_overdue", "Requests of data subjects whose last day is over",
    multiprocess_mode="mostrecent",
)  # fmt: skip
