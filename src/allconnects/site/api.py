"""The API: one instance, to which every room adds its operations."""

from __future__ import annotations

from ninja import NinjaAPI

from allconnects.accounts.api import router as organisation
from allconnects.alerts.api import router as alerts
from allconnects.alerts.api_webhooks import router as webhooks
from allconnects.fleet.api import router as register
from allconnects.fleet.api_use import router as register_use
from allconnects.maintenance.api import router as maintenance
from allconnects.places.api import router as places
from allconnects.products.live_connects.api import router as live
from allconnects.products.live_connects.message_api import router as messages
from allconnects.reports.api import router as reports
from allconnects.site import problems
from allconnects.telemetry.api import router as devices
from allconnects.telemetry.commanding_api import router as commands
from allconnects.telemetry.keeping.api import router as retention
from allconnects.trips.api import router as trips

api = NinjaAPI(title="allconnects", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api")
problems.install(api)
api.add_router("", organisation)
api.add_router("", devices)
api.add_router("", retention)
api.add_router("", reports)
api.add_router("", commands)
api.add_router("", live)
api.add_router("", messages)
api.add_router("", alerts)
api.add_router("", webhooks)
api.add_router("", maintenance)
api.add_router("", places)
api.add_router("", register)
api.add_router("", register_use)
api.add_router("", trips)
