"""What the gateway tells Prometheus. No label ever names a device, an address or an organisation."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

connections = Gauge(
    "allconnects_gateway_connections", "Open device connections", ["protocol"], multiprocess_mode="livesum"
)
sessions = Counter("allconnects_gateway_sessions", "Connections and datagrams let in, by transport", ["transport"])
devices = Gauge("allconnects_gateway_devices", "Devices that the gateway knows", multiprocess_mode="livemax")
positions = Counter("allconnects_gateway_positions", "Positions made durable")
private = Counter("allconnects_gateway_private", "Positions dropped because they may not be recorded")
frames = Counter("allconnects_gateway_messages", "Messages received", ["protocol"])
refused = Counter("allconnects_gateway_refused", "Connections or messages turned away", ["reason"])
commits = Histogram(
    "allconnects_gateway_commit_seconds",
    "Time from taking a batch to its commit",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
pending = Gauge("allconnects_gateway_pending_bytes", "Received and not yet written", multiprocess_mode="livesum")
database = Gauge("allconnects_gateway_database_up", "1 while writing works", multiprocess_mode="livemin")
