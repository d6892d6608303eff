"""Users as JSON of RFC 7643, read and written. Attributes that are not ours are passed over, as section 3.3 allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from allconnects.accounts.models import Role
from allconnects.integrations.scim.errors import invalid
from allconnects.integrations.scim.models import DirectoryUser

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ROLES = (Role.DRIVER, Role.VIEWER, Role.PLANNER)
"""A directory takes nobody in as manager or owner: that stays a decision of a human here."""
LENGTHS = {"external_id": 200, "given_name": 80, "family_name": 80, "employee_number": 30}


def user(row: DirectoryUser, base: str) -> dict[str, Any]:
    """A user. ``base``: address of the endpoint, without a slash at its end."""
    found: dict[str, Any] = {
        "schemas": [USER, ENTERPRISE],
        "id": str(row.pk),
        "userName": row.user_name,
        "name": {"givenName": row.given_name, "familyName": row.family_name},
        "displayName": f"{row.given_name} {row.family_name}".strip(),
        "emails": [{"value": row.user_name, "type": "work", "primary": True}],
        "roles": [{"value": row.role, "primary": True}],
        "active": row.active,
        ENTERPRISE: {"employeeNumber": row.employee_number},
        "meta": {
            "resourceType": "User", "created": row.created_at.isoformat(), "lastModified": row.changed_at.isoformat(),
            "location": f"{base}/Users/{row.pk}", "version": f'W/"{row.version}"',
        },
    }  # fmt: skip
    return found | ({"externalId": row.external_id} if row.external_id else {})


def listed(rows: list[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    """A page of a list; ``start`` counts from 1."""
    return {
        "schemas": [LIST], "totalResults": total, "startIndex": start, "itemsPerPage": len(rows), "Resources": rows,
    }  # fmt: skip


def columns(body: Mapping[str, Any], whole: bool) -> dict[str, Any]:
    """Our columns out of a user. ``whole``: what is not named goes back to its default, as PUT says.

    Raises ScimError for values that do not fit.
    """
    lower = {str(name).lower(): value for name, value in body.items()}
    found: dict[str, Any] = {}
    if "username" in lower or whole:
        found["user_name"] = address(lower.get("username"))
    name, enterprise = _part(lower.get("name")), _part(lower.get(ENTERPRISE.lower()))
    for column, part, key in (
        ("external_id", lower, "externalid"), ("given_name", name, "givenname"), ("family_name", name, "familyname"),
        ("employee_number", enterprise, "employeenumber"),
    ):  # fmt: skip
        if key in part or whole:
            found[column] = text(column, part.get(key, ""))
    if lower.get("roles"):
        found["role"] = role(lower["roles"])
    if "active" in lower or whole:
        found["active"] = truth(lower.get("active", True))
    return found


def _part(value: Any) -> dict[str, Any]:
    return {str(name).lower(): one for name, one in value.items()} if isinstance(value, dict) else {}


def address(value: Any) -> str:
    """``userName``: the address that signs in. Raises ScimError."""
    if not isinstance(value, str) or not value.strip():
        raise invalid("userName is missing")
    found = value.strip().lower()
    try:
        validate_email(found)
    except ValidationError:
        raise invalid("userName is an e-mail address here") from None
    return found


def text(column: str, value: Any) -> str:
    """A text that fits its column. Raises ScimError."""
    found = "" if value is None else str(value).strip() if isinstance(value, str | int) else None
    if found is None or len(found) > LENGTHS[column] or (found and not found.isprintable()):
        raise invalid(f"{column} is a text of at most {LENGTHS[column]} characters")
    return found


def truth(value: Any) -> bool:
    """True or false; some directories send it as a text. Raises ScimError."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise invalid("active is true or false")


def role(value: Any) -> str:
    """The first role that is given. Raises ScimError for one that a directory may not give."""
    first = value[0] if isinstance(value, list) and value else value
    word = first.get("value") if isinstance(first, dict) else first
    if word not in ROLES:
        raise invalid("roles that a directory gives are: " + ", ".join(ROLES))
    return str(word)
