"""What the endpoint says of itself: RFC 7643, sections 5 to 7."""

from __future__ import annotations

from typing import Any

from allconnects.integrations.scim.shapes import ENTERPRISE, LIST, USER

_CORE = "urn:ietf:params:scim:schemas:core:2.0"


def config(base: str) -> dict[str, Any]:
    """What is supported."""
    return {
        "schemas": [f"{_CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": 200},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "API token",
                "description": "A token with the scope directory:write, as Authorization: Bearer",
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def types(base: str) -> dict[str, Any]:
    """The one kind of resource."""
    one = {
        "schemas": [f"{_CORE}:ResourceType"], "id": "User", "name": "User", "endpoint": "/Users", "schema": USER,
        "schemaExtensions": [{"schema": ENTERPRISE, "required": False}],
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/User"},
    }  # fmt: skip
    return {"schemas": [LIST], "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [one]}


def schemas(base: str) -> dict[str, Any]:
    """The attributes that are kept."""
    user = [
        _attribute("userName", required=True, mutability="immutable", uniqueness="server"),
        _attribute("externalId", exact=True),
        {**_attribute("name"), "type": "complex",
         "subAttributes": [_attribute("givenName"), _attribute("familyName")]},
        {**_attribute("roles"), "type": "complex", "multiValued": True, "subAttributes": [_attribute("value")]},
        {**_attribute("active"), "type": "boolean"},
    ]  # fmt: skip
    found: list[dict[str, Any]] = [
        {"id": USER, "name": "User", "attributes": user},
        {"id": ENTERPRISE, "name": "EnterpriseUser", "attributes": [_attribute("employeeNumber")]},
    ]
    for one in found:
        one["schemas"] = [f"{_CORE}:Schema"]
        one["meta"] = {"resourceType": "Schema", "location": f"{base}/Schemas/{one['id']}"}
    return {"schemas": [LIST], "totalResults": 2, "startIndex": 1, "itemsPerPage": 2, "Resources": found}


def _attribute(
    name: str, *, required: bool = False, mutability: str = "readWrite", uniqueness: str = "none", exact: bool = False
) -> dict[str, Any]:
    return {
        "name": name, "type": "string", "multiValued": False, "required": required, "caseExact": exact,
        "mutability": mutability, "returned": "default", "uniqueness": uniqueness,
    }  # fmt: skip
