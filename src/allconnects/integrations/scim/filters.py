"""Filters of RFC 7644, section 3.4.2.2, as directories really send them: comparisons joined by ``and``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from allconnects.integrations.scim.errors import invalid

ATTRIBUTES = {
    "username": "user_name",
    "emails": "user_name",
    "emails.value": "user_name",
    'emails[type eq "work"].value': "user_name",
    "externalid": "external_id",
    "id": "id",
    "active": "active",
    "name.givenname": "given_name",
    "name.familyname": "family_name",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:employeenumber": "employee_number",
}
"""Names in lower case (they are compared without case) and our column."""
_LOOKUPS = {"eq": "iexact", "co": "icontains", "sw": "istartswith", "ew": "iendswith"}
_CASE = {"external_id": "exact"}
_ONE = re.compile(
    r"\s*(?P<name>[A-Za-z][\w.:-]*(?:\[[^\]]*\](?:\.\w+)?)?)\s+(?:(?P<pr>pr)|(?P<op>eq|co|sw|ew)\s+"
    r'(?P<value>"(?:[^"\\]|\\.)*"|true|false))\s*',
    re.IGNORECASE,
)
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison as a lookup of Django and its value."""

    lookup: str
    value: str | bool
    negated: bool = False


def parse(text: str) -> list[Term]:
    """The comparisons that must all hold; none for an empty filter. Raises ScimError ``invalidFilter``."""
    if len(text) > LONGEST:
        raise invalid("the filter is too long", "invalidFilter")
    terms: list[Term] = []
    at = 0
    while at < len(text.rstrip()):
        if terms:
            joined = re.compile(r"and\s+", re.IGNORECASE).match(text, at)
            if joined is None:
                raise invalid("comparisons are joined by 'and'", "invalidFilter")
            at = joined.end()
        found = _ONE.match(text, at)
        if found is None:
            raise invalid('a filter is: attribute eq|co|sw|ew "value", or attribute pr', "invalidFilter")
        terms.append(_term(found))
        at = found.end()
    return terms


def _term(found: re.Match[str]) -> Term:
    column = ATTRIBUTES.get(found["name"].lower())
    if column is None:
        raise invalid("this attribute cannot be filtered", "invalidFilter")
    if found["pr"]:
        return Term(column, "", negated=True) if column not in ("id", "active") else Term(f"{column}__isnull", False)
    op, raw = found["op"].lower(), found["value"]
    if column in ("active", "id"):
        return _plain(column, op, raw)
    if not raw.startswith('"'):
        raise invalid("this attribute is compared with a text", "invalidFilter")
    exact = _CASE.get(column, "iexact") if op == "eq" else _LOOKUPS[op]
    return Term(f"{column}__{exact}", _text(raw))


def _plain(column: str, op: str, raw: str) -> Term:
    value = _text(raw).lower() if raw.startswith('"') else raw.lower()
    if op != "eq" or (column == "active" and value not in ("true", "false")):
        raise invalid("this attribute is compared by eq only", "invalidFilter")
    return Term(column, value == "true" if column == "active" else value)


def _text(raw: str) -> str:
    return re.sub(r"\\(.)", r"\1", raw[1:-1])
