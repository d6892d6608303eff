"""The API: one instance, to which every room adds its operations."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import translation
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.responses import NinjaJSONEncoder

from allconnects.accounts.api import router as organisation
from allconnects.alerts.api import router as alerts
from allconnects.alerts.api_webhooks import router as webhooks
from allconnects.fleet import rest
from allconnects.fleet.api import router as register
from allconnects.fleet.api_use import router as register_use
from allconnects.fleet.who import who
from allconnects.integrations.forwarding.api import router as forwarding
from allconnects.kit.errors import AllconnectsError
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

ETAG: dict[str, Any] = {
    "name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 200},
    "description": "The ETag of an answer that you have: if it is still the same, 304 without content.",
}  # fmt: skip
KEY: dict[str, Any] = {
    "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 255},
    "description": "Whatever you choose, such as a UUID: sent again within a day it gets the same answer, done once.",
}  # fmt: skip
TELL_SECRETS = ("/webhooks", "/webhooks/{webhook}/secret")
"""Operations whose answer has a secret that is shown this once: it is not kept, so these take no key."""
_TELL_SECRETS = frozenset({"webhooks", "webhook_secret"})
_PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


class Api(NinjaAPI):
    """Says in its document what holds for all operations, and builds the document once."""

    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        """The OpenAPI document; answers that are a problem have the media type of RFC 9457."""
        with translation.override("en"):  # titles of choices are in the language of whoever asks first, otherwise
            document = super().get_openapi_schema(**more)
        for address, methods in document["paths"].items():
            for method, operation in methods.items():
                for response in operation["responses"].values():
                    _as_problem(response)
                _say_headers(method, operation, address.endswith(TELL_SECRETS))
        _mend_tuples(document)
        return document

    @cached_property
    def document(self) -> tuple[bytes, str]:
        """The document as bytes and its ETag; code does not change while a process runs."""
        content = json.dumps(self.get_openapi_schema(), cls=NinjaJSONEncoder).encode()
        return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    def _get_urls(self) -> list[Any]:
        return [path("openapi.json", self._document_view, name="openapi-json"), *super()._get_urls()]

    def _document_view(self, _request: HttpRequest) -> HttpResponse:
        content, tag = self.document
        return HttpResponse(content, content_type="application/json", headers={"ETag": tag})


def _say_headers(method: str, operation: dict[str, Any], tells_secret: bool) -> None:
    if method == "get":
        operation.setdefault("parameters", []).append(ETAG)
        operation["responses"].setdefault(304, {"description": "Nothing has changed"})
    elif method == "post" and not tells_secret:
        operation.setdefault("parameters", []).append(KEY)
        operation["responses"].setdefault(409, {"description": "The same request is being answered", **_PROBLEM})
        operation["responses"].setdefault(422, {"description": "The key came with another request", **_PROBLEM})


def once(run: Any) -> Any:
    """Decorator of every operation: a POST with an Idempotency-Key is done once, for whoever may ask it."""
    operation = run.__self__

    @wraps(run)
    def guarded(request: Any, **values: Any) -> Any:
        given = request.method == "POST" and request.headers.get("Idempotency-Key", "").strip()
        if not given or request.resolver_match.url_name in _TELL_SECRETS:
            return run(request, **values)
        refused = operation._run_checks(request)
        if refused is not None:
            return refused
        try:
            return rest.replayed(request, who(request), lambda: run(request, **values))
        except AllconnectsError as error:
            return operation.api.on_exception(request, error)

    return guarded


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


api = Api(title="allconnects", version="1", docs_url=None, openapi_url=None, urls_namespace="api")
api.add_decorator(once, mode="view")
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
