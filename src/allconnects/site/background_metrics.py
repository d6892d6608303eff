"""What background work tells Prometheus. No label ever names an organisation."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

done = Counter("allconnects_jobs", "Jobs that came to an end, by task and by how", ["task", "how"])
waiting = Gauge("allconnects_jobs_waiting", "Jobs that are due and not begun", multiprocess_mode="mostrecent")
late = Gauge("allconnects_jobs_late_seconds", "How long the oldest due job has waited", multiprocess_mode="mostrecent")
failed = Gauge("allconnects_jobs_failed", "Jobs that were given up and stay a week", multiprocess_mode="mostrecent")
