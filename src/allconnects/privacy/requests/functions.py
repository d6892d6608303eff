"""Database functions of requests, for what must be read before it is known whose case it is.

They run as the owner of the tables (SECURITY DEFINER), answer one question each, and only ``web`` may call them.
"""

from __future__ import annotations

from allconnects.kit.db import role_name

_HEAD = "STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ {body} $$"
_ROW = "TABLE (id integer, name character varying, slug character varying)"

SIGNATURES = {
    "privacy_requests_home(text)": (
        f"CREATE OR REPLACE FUNCTION privacy_requests_home(wanted text) RETURNS {_ROW} "
        + _HEAD.format(
            body="SELECT o.id, o.name, o.slug FROM accounts_organisation o WHERE wanted = '' OR o.slug = wanted "
            "ORDER BY o.id LIMIT 1"
        )
    ),
    "privacy_requests_tenants()": (
        f"CREATE OR REPLACE FUNCTION privacy_requests_tenants() RETURNS {_ROW} "
        + _HEAD.format(body="SELECT o.id, o.name, o.slug FROM accounts_organisation o ORDER BY o.name, o.id")
    ),
    "privacy_requests_of(text)": (
        "CREATE OR REPLACE FUNCTION privacy_requests_of(address text) "
        "RETURNS TABLE (organisation integer, account integer, language character varying) "
        + _HEAD.format(
            body="SELECT m.organisation_id, a.id, a.language FROM accounts_account a "
            "JOIN accounts_membership m ON m.account_id = a.id WHERE a.email = lower(address) "
            "ORDER BY m.organisation_id"
        )
    ),
}


def statements() -> list[str]:
    """SQL that makes the functions and lets the role ``web`` call them, and nobody else."""
    result = []
    for signature, create in SIGNATURES.items():
        result.append(create)
        result.append(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        result.append(f"GRANT EXECUTE ON FUNCTION {signature} TO {role_name('web')}")
    return result
