"""Database functions for what must be read before it is known which tenant speaks.

They run as the owner of the tables (SECURITY DEFINER) and answer exactly one question each; everything else
goes through row-level security. Their search path is pinned, so that nobody can slip in a table of his own.
"""

from __future__ import annotations

from allconnects.kit.db import role_name

_HEAD = "LANGUAGE {language} SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ {body} $$"
_ORGANISATION = "o.id, o.name, o.slug, o.takes_unknown_devices, o.created_at"
_COLUMNS = (
    "id integer, name character varying, slug character varying, takes_unknown_devices boolean, created_at timestamptz"
)

SIGNATURES = {
    "accounts_organisations_of(integer)": (
        f"CREATE OR REPLACE FUNCTION accounts_organisations_of(who integer) "
        f"RETURNS TABLE ({_COLUMNS}, role character varying) STABLE "
        + _HEAD.format(
            language="sql",
            body=f"SELECT {_ORGANISATION}, m.role FROM accounts_membership m "
            "JOIN accounts_organisation o ON o.id = m.organisation_id "
            "WHERE m.account_id = who ORDER BY o.name, o.id",
        )
    ),
    "accounts_token(character varying, date)": (
        f"CREATE OR REPLACE FUNCTION accounts_token(hash character varying, today date) "
        f"RETURNS TABLE ({_COLUMNS}, token integer, scopes character varying[]) "
        + _HEAD.format(
            language="sql",
            body="UPDATE accounts_apitoken SET last_used_on = today WHERE token_hash = hash "
            "AND revoked_at IS NULL AND last_used_on IS DISTINCT FROM today; "
            f"SELECT {_ORGANISATION}, t.id, t.scopes FROM accounts_apitoken t "
            "JOIN accounts_organisation o ON o.id = t.organisation_id "
            "WHERE t.token_hash = hash AND t.revoked_at IS NULL AND (t.created_by_id IS NULL OR EXISTS "
            "(SELECT 1 FROM accounts_membership m WHERE m.organisation_id = t.organisation_id "
            "AND m.account_id = t.created_by_id))",
        )
    ),
    "accounts_invitation(character varying, timestamptz)": (
        "CREATE OR REPLACE FUNCTION accounts_invitation(hash character varying, moment timestamptz) "
        "RETURNS TABLE (id integer, organisation_id integer, organisation_name character varying, "
        "email character varying, role character varying) STABLE "
        + _HEAD.format(
            language="sql",
            body="SELECT i.id, o.id, o.name, i.email, i.role FROM accounts_invitation i "
            "JOIN accounts_organisation o ON o.id = i.organisation_id "
            "WHERE i.token_hash = hash AND i.accepted_at IS NULL AND i.expires_at > moment",
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
