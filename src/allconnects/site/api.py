"""The API: one instance, to which every room adds its operations."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from ninja import NinjaAPI

from allconnects.site import problems

api = NinjaAPI(title="allconnects", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api")
problems.install(api)
for _room in ("allconnects.accounts.api", "allconnects.telemetry.api"):
    if find_spec(_room):
        api.add_router("", import_module(_room).router)
