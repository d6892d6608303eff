"""PATCH of RFC 7644, section 3.5.2: operations become changes of our columns. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allconnects.integrations.scim import shapes
from allconnects.integrations.scim.errors import invalid
from allconnects.integrations.scim.filters import ATTRIBUTES

MOST = 50
_PATHS = {**ATTRIBUTES, "roles": "role"}
_CLEARED = {"external_id": "", "given_name": "", "family_name": "", "employee_number": "", "role": "driver"}


def changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """Columns and their new values, later operations over earlier ones. Raises ScimError; then nothing changes."""
    operations = body.get("Operations", body.get("operations"))
    if shapes.PATCH not in body.get("schemas", ()) or not isinstance(operations, list):
        raise invalid("a PATCH has the schema PatchOp and a list Operations", "invalidSyntax")
    if not 0 < len(operations) <= MOST:
        raise invalid(f"a PATCH has 1 to {MOST} operations", "invalidSyntax")
    found: dict[str, Any] = {}
    for one in operations:
        found |= _changed(one)
    return found


def _changed(one: Any) -> dict[str, Any]:
    verb = str(one.get("op", "")).lower() if isinstance(one, dict) else ""
    if verb not in ("add", "replace", "remove"):
        raise invalid("op is add, replace or remove", "invalidSyntax")
    path = one.get("path")
    if path is None:
        if verb == "remove":
            raise invalid("remove needs a path", "noTarget")
        if not isinstance(one.get("value"), dict):
            raise invalid("without a path the value is an object", "invalidValue")
        return shapes.columns(_nested(one["value"]), whole=False)
    return _at(str(path), verb, one.get("value"))


def _nested(value: Mapping[str, Any]) -> dict[str, Any]:
    """``{"name.givenName": "x"}`` and the enterprise names with a colon, as Entra ID sends them, as objects."""
    found: dict[str, Any] = {}
    for name, one in value.items():
        if name.lower().startswith(shapes.ENTERPRISE.lower() + ":"):
            found.setdefault(shapes.ENTERPRISE, {})[name.rpartition(":")[2]] = one
        elif "." in name and not name.startswith("urn:"):
            head, _, tail = name.partition(".")
            found.setdefault(head, {})[tail] = one
        else:
            found[name] = one
    return found


def _at(path: str, verb: str, value: Any) -> dict[str, Any]:
    known = path.lower().removeprefix(shapes.USER.lower() + ":")
    if known == "name" and isinstance(value, dict):
        return shapes.columns({"name": value}, whole=False)
    column = _PATHS.get(known)
    if column == "id":
        raise invalid("id does not change", "mutability")
    if column is None:
        return {}
    if verb == "remove":
        if column not in _CLEARED:
            raise invalid("this attribute cannot be removed", "mutability")
        return {column: _CLEARED[column]}
    return {column: _value(column, value)}


def _value(column: str, value: Any) -> Any:
    if isinstance(value, list) and len(value) == 1 and column != "role":
        value = value[0].get("value") if isinstance(value[0], dict) else value[0]
    if column == "active":
        return shapes.truth(value)
    if column == "user_name":
        return shapes.address(value)
    return shapes.role(value) if column == "role" else shapes.text(column, value)
