"""The API: one instance, to which every room adds its operations."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from allconnects.accounts.api import router as organisation
from allconnects.alerts.api import router as alerts
from allconnects.alerts.api_webhooks import router as webhooks
from allconnects.fleet.api import router as register
from allconnects.fleet.api_use import router as register_use
from allconnects.integrations.forwarding.api import router as forwarding
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


class Api(NinjaAPI):
    """Says in its document that problems come as what they are."""

    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        """The OpenAPI document; answers that are a problem have the media type of RFC 9457."""
        document = super().get_openapi_schema(**more)
        for methods in document["paths"].values():
            for operation in methods.values():
                for response in operation["responses"].values():
                    _as_problem(response)
        _mend_tuples(document)
        return document


def _mend_tuples(part: Any) -> None:
    """The shapes of OpenAPI 3.1 are those of JSON Schema 2020-12, where the parts of a tuple are ``prefixItems``."""
    if isinstance(part, dict):
        if isinstance(part.get("items"), list):
            part["prefixItems"] = part.pop("items")
        for one in part.values():
            _mend_tuples(one)
    elif isinstance(part, list):
        for one in part:
            _mend_tuples(one)


def _as_problem(response: dict[str, Any]) -> None:
    content = response.get("content", {})
    shape = content.get("application/json", {}).get("schema", {})
    if shape.get("$ref", "").endswith("/Problem"):
        content["application/problem+json"] = content.pop("application/json")


api = Api(title="allconnects", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api")
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
api.add_router("", forwarding)
api.add_router("", places)
api.add_router("", register)
api.add_router("", register_use)
api.add_router("", trips)
